/** The page: a bar for each file. Only `XMLHttpRequest` reports how much of a body was sent, `fetch()` does not. */
export const page = (maxFileSize: number): string => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Uploads</title>
<style>
  :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
  body { max-width: 40rem; margin: 2rem auto; padding: 0 1rem; }
  progress { width: 100%; }
</style>
<h1>Uploads</h1>
<p><input type="file" aria-label="Files" multiple></p>
<ul></ul>
<script type="module">
  const input = document.querySelector("input");
  const list = document.querySelector("ul");

  function upload(file) {
    const item = document.createElement("li");
    const bar = Object.assign(document.createElement("progress"), { max: 1, value: 0 });
    const text = document.createElement("output");
    item.append(file.name, " ", bar, text);
    list.append(item);
    // The server refuses it, too. But it stops reading then, and a browser that still sends shows a lost connection.
    if (file.size > ${maxFileSize}) {
      text.value = "refused: larger than ${maxFileSize} bytes";
      return;
    }

    const request = new XMLHttpRequest();
    request.responseType = "json";
    request.upload.onprogress = ({ loaded, total }) => { bar.value = loaded / total; };
    request.onload = () => {
      const { status, response } = request;
      text.value = status === 200 ? response.size + " bytes have arrived" : "refused with status " + status;
    };
    request.onerror = () => { text.value = "the connection was lost"; };
    const form = new FormData();
    form.append("file", file);
    request.open("POST", "files");
    request.send(form);
  }

  input.onchange = () => {
    for (const file of input.files) upload(file);
    input.value = "";
  };
</script>
</html>
`;
