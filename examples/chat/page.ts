/** The page of the chat. It connects again after each end, and asks for the lines that it has missed. */
export const page = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Chat</title>
<style>
  :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
  body { max-width: 40rem; margin: 2rem auto; padding: 0 1rem; }
  header { display: flex; justify-content: space-between; align-items: baseline; }
  ol { list-style: none; padding: 0; min-height: 12rem; }
  li { padding: .25rem 0; border-bottom: 1px solid color-mix(in srgb, currentColor 15%, transparent); }
  form { display: flex; gap: .5rem; }
  input { flex: 1; font: inherit; padding: .4rem; }
  button { font: inherit; padding: .4rem 1rem; }
  #state { opacity: .7; }
</style>
<header><h1>Chat</h1><span id="state">connecting</span></header>
<ol id="lines"></ol>
<form><input aria-label="Message" autocomplete="off" required><button>Send</button></form>
<script type="module">
  const state = document.querySelector("#state");
  const list = document.querySelector("#lines");
  const form = document.querySelector("form");
  const input = document.querySelector("input");
  const lines = new Map();
  const unsent = [];
  let socket;
  let worker = 0;
  let here = 0;

  function connect() {
    // All lines up to this one are here. Lines of two workers may arrive in another order than their ids.
    let after = 0;
    while (lines.has(after + 1)) after += 1;
    if (lines.size > 0 && after === 0) after = Math.min(...lines.keys()) - 1;
    socket = new WebSocket(location.href.replace(/^http/, "ws") + "chat?after=" + after);
    socket.onopen = () => { for (const text of unsent.splice(0)) socket.send(text); };
    socket.onmessage = ({ data }) => {
      const message = JSON.parse(data);
      if (message.worker !== undefined) worker = message.worker;
      if (message.here !== undefined) here = message.here;
      if (message.line !== undefined) show(message.line);
      state.textContent = here + " here, worker " + worker;
    };
    socket.onclose = () => {
      state.textContent = "connecting";
      setTimeout(connect, 200 + Math.random() * 800);
    };
  }

  function show({ id, text }) {
    if (lines.has(id)) return;
    const item = document.createElement("li");
    item.textContent = text;
    item.dataset.id = id;
    lines.set(id, item);
    const later = [...list.children].find((other) => Number(other.dataset.id) > id);
    list.insertBefore(item, later ?? null);
  }

  form.onsubmit = (event) => {
    event.preventDefault();
    if (socket.readyState === WebSocket.OPEN) socket.send(input.value);
    else unsent.push(input.value);
    input.value = "";
  };

  connect();
</script>
</html>
`;
