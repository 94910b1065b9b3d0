// Lines of JSON over HTTP: `Fan` sends each to everybody who listens, `follow` listens and comes back when cut off.
import { get } from 'node:http';

const mostWaitingBytes = 1 << 20;

/** Everybody who asked for the stream. One who does not read is let go, so that it can't fill our memory. */
export class Fan {
  #listeners = new Set();

  /** Answers this request with the stream, from now on. */
  add(response, type = 'application/x-ndjson') {
    response.writeHead(200, { 'Content-Type': type, 'Cache-Control': 'no-store' }).flushHeaders();
    this.#listeners.add(response);
    response.on('close', () => this.#listeners.delete(response));
  }

  send(text) {
    for (const response of this.#listeners) {
      if (response.writableLength > mostWaitingBytes) response.destroy();
      else response.write(text);
    }
  }
}

/** Calls `on` with each message of each of these streams, for ever. A stream that breaks off is asked for again. */
export function follow(urls, on) {
  for (const url of urls.split(' ')) followOne(url, on);
}

function followOne(url, on) {
  const again = () => setTimeout(() => followOne(url, on), 100);
  const asked = get(url, (response) => {
    let rest = '';
    response.setEncoding('utf8');
    response.on('data', (part) => {
      const lines = (rest + part).split('\n');
      rest = lines.pop(); // what has not ended yet
      for (const line of lines) on(JSON.parse(line), url);
    });
    response.on('error', () => {}).on('close', again);
  });
  asked.on('error', () => {
    if (!asked.res) again();
  });
}
