/** The page of the poll. `EventSource` connects again by itself, a `WebSocket` does not. */
export const page = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Tea or coffee?</title>
<style>
  :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
  body { max-width: 40rem; margin: 2rem auto; padding: 0 1rem; }
  button { font: inherit; padding: .4rem 1rem; }
</style>
<h1>Tea or coffee?</h1>
<p>
  <button data-drink="tea">Tea: <output>0</output></button>
  <button data-drink="coffee">Coffee: <output>0</output></button>
</p>
<p id="workers">connecting</p>
<ol id="votes"></ol>
<script type="module">
  const buttons = document.querySelectorAll("button");
  const list = document.querySelector("#votes");
  const workers = { events: 0, socket: 0 };
  let most = 0;
  let socket;

  function showWorkers() {
    if (workers.events === 0 || workers.socket === 0) return;
    document.querySelector("#workers").textContent = "events from worker " + workers.events + ", WebSocket to worker " + workers.socket;
  }

  const events = new EventSource("counts");
  events.addEventListener("worker", ({ data }) => {
    workers.events = Number(data);
    showWorkers();
  });
  events.onmessage = ({ data }) => {
    const counts = JSON.parse(data);
    const sum = Object.values(counts).reduce((total, count) => total + count, 0);
    if (sum < most) return; // counts of two workers may arrive in another order
    most = sum;
    for (const button of buttons) button.querySelector("output").value = counts[button.dataset.drink] ?? 0;
  };

  function connect() {
    socket = new WebSocket("votes");
    socket.onmessage = ({ data }) => {
      const { worker, drink, from } = JSON.parse(data);
      if (worker !== undefined) {
        workers.socket = worker;
        showWorkers();
      } else {
        list.append(Object.assign(document.createElement("li"), { textContent: drink + ", by way of worker " + from }));
      }
    };
    socket.onclose = () => setTimeout(connect, 200 + Math.random() * 800);
  }
  connect();

  for (const button of buttons) button.onclick = () => socket.send(button.dataset.drink);
</script>
</html>
`;
