/** The page: sends the form without leaving the page, and shows live events. */
const form = document.querySelector("form");
const output = document.querySelector("output");
const list = document.querySelector("ul");

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const answer = await fetch("/uploads", { method: "POST", body: new FormData(form) });
  output.textContent = answer.ok ? "Stored." : `Refused: ${answer.status}`;
  form.reset();
});

new EventSource("/events").addEventListener("message", ({ data }) => {
  const message = JSON.parse(data);
  const item = document.createElement("li");
  item.textContent =
    message.type === "upload"
      ? `${message.filename}, ${message.size} bytes`
      : `connected to worker ${message.worker}`;
  list.append(item);
});
