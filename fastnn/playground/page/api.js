// Requests to the server of this page, one at a time in the order in which they were made.

let before = Promise.resolve();

export class Refusal extends Error {
  constructor(status, text) {
    super(text);
    this.status = status;
  }
}

async function post(name, body) {
  let answer;
  try {
    answer = await fetch("/api/" + name, {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
    });
  } catch {
    throw new Refusal(0, "The server does not answer. Is `fastnn playground` still running?");
  }
  if (!answer.ok) {
    const said = await answer.json().catch(() => ({ error: answer.statusText }));
    throw new Refusal(answer.status, said.error);
  }
  return answer.headers.get("Content-Type").startsWith("application/json") ? answer.json() : answer.arrayBuffer();
}

// body: () => what is asked, called when it is sent: what came before may have changed it.
export function ask(name, body = () => ({})) {
  const made = before.then(() => post(name, body()));
  before = made.catch(() => null);
  return made;
}

export function goodbye(id) {
  const body = new Blob([JSON.stringify({ id })], { type: "application/json" });
  navigator.sendBeacon("/api/end", body);
}

// A frame: the length of a header, the header as JSON, the bytes of its sections.
export function parse(buffer) {
  const length = new DataView(buffer).getUint32(0, true);
  const head = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  let at = 4 + length;
  for (const [name, bytes] of head.sections) {
    head[name] = name === "weights" ? new Float32Array(buffer, at, bytes / 4) : new Uint8Array(buffer, at, bytes);
    at += bytes;
  }
  return head;
}
