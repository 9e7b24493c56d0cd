/** The page: products that show their stock at once, and uploads with a progress bar. */
const add = document.querySelector("#add");
const upload = document.querySelector("#upload");
const bar = document.querySelector("progress");
const output = document.querySelector("output");
const list = document.querySelector("#products");
const authorization = () => ({ Authorization: `Bearer ${add.token.value}` });
let last = 0;

function show({ id, name, stock, photo }) {
  const item = document.getElementById(id) ?? document.createElement("li");
  item.id = id;
  item.textContent = `${name}: ${stock} `;
  if (photo !== null) item.append(Object.assign(new Image(), { src: `/photos/${photo}`, alt: name }));
  list.append(item);
  last = id;
}

add.onsubmit = async (event) => {
  event.preventDefault();
  const body = JSON.stringify({ name: add.name.value, stock: 0 });
  const answer = await fetch("/products", { method: "POST", headers: authorization(), body });
  if (answer.ok) show(await answer.json());
  output.value = answer.ok ? "added" : `refused: ${answer.status}`;
};

upload.onsubmit = (event) => {
  event.preventDefault();
  const request = new XMLHttpRequest();
  request.upload.onprogress = ({ loaded, total }) => {
    bar.value = loaded / total;
  };
  request.onload = () => {
    output.value = request.status === 200 ? "uploaded" : `refused: ${request.status}`;
    if (request.status === 200) show(JSON.parse(request.responseText));
  };
  request.onerror = () => {
    output.value = "the connection was lost";
  };
  request.open("PUT", `/products/${last}/photo`);
  request.setRequestHeader("Authorization", authorization().Authorization);
  request.send(new FormData(upload));
};

new EventSource("/stock").onmessage = ({ data }) => show(JSON.parse(data));
for (const product of await (await fetch("/products")).json()) show(product);
