// Export proofs: the days of the list, one after another, as one file. Until it is saved, the page alone has it.

const sheet = document.getElementById("together");
const [button, keep] = sheet.querySelectorAll("button");
const [label, progress, said, over, failed] = ["label", "progress", "[role=status]", "[role=alert]", "ul"].map((each) =>
  sheet.querySelector(each),
);
const { columns, file, most } = sheet.dataset;
const header = `${columns}\r\n`;
const forms = [...document.querySelectorAll(".days form")];
const rows = new Map(); // by the form of their day
let size = 0; // bytes
let state = "idle"; // or "running" or "stopping"

/** Send a day's form. A refusal is a page, which this old interface reads: Trusted Types would refuse its text. */
const answerTo = (form) =>
  new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open("POST", form.action);
    request.addEventListener("readystatechange", () => {
      const { readyState, status } = request;
      if (readyState === XMLHttpRequest.HEADERS_RECEIVED && status !== 200) request.responseType = "document";
    });
    request.addEventListener("loadend", () => resolve(request));
    request.send(new URLSearchParams(new FormData(form)));
  });

const take = async (form) => {
  const { status, response } = await answerTo(form);
  if (status === 200 && response.startsWith(header)) {
    rows.set(form, new Blob([response.slice(header.length)]));
    size += rows.get(form).size;
    form.querySelector("[data-done]").hidden = false;
  } else if (status === 401) {
    over.hidden = false;
  } else {
    const sentence = response?.querySelector?.("#main p")?.textContent ?? "The console did not answer with a file.";
    failed.appendChild(document.createElement("li")).textContent = `${form.elements.day.value}: ${sentence}`;
  }
};

const show = () => {
  const left = forms.length - rows.size;
  progress.value = rows.size;
  label.textContent = `${rows.size} of ${forms.length} days`;
  const idle = left ? `Go on (${left} left)` : "Save the file again";
  button.textContent = { idle, running: "Stop", stopping: "Stopping after this day" }[state];
  keep.hidden = state !== "idle" || !left || !rows.size;
};

/** Save what is there as a file, whose name says so if days are missing. It leaves the memory with the page. */
const save = () => {
  const parts = forms.flatMap((form) => rows.get(form) ?? []);
  const missing = parts.length < forms.length ? `-${parts.length}-of-${forms.length}-days` : "";
  const href = URL.createObjectURL(new Blob([header, ...parts], { type: "text/csv" }));
  Object.assign(document.createElement("a"), { href, download: `${file}${missing}.csv` }).click();
};

const run = async () => {
  [state, said.textContent, over.hidden] = ["running", "", true];
  failed.replaceChildren();
  for (const form of forms.filter((each) => !rows.has(each))) {
    if (state === "stopping" || !over.hidden || size >= most) break;
    show();
    await take(form);
  }
  state = "idle";
  show();
  const isFull = rows.size < forms.length && size >= most;
  const why = isFull ? " The page can hold no more: save them, then list the other days." : "";
  said.textContent = `${label.textContent} are here.${why}${failed.children.length ? " These failed:" : ""}`;
  if (rows.size === forms.length) save();
};

button.addEventListener("click", () => {
  if (state === "idle") return rows.size < forms.length ? run() : save();
  state = "stopping";
  show();
});
keep.addEventListener("click", save);
addEventListener("beforeunload", (event) => state === "idle" || event.preventDefault());
sheet.hidden = false;
