// A check in the manner of Nagios plug-ins: how old is the gateway's last price? Exit 0 fine, 1 warning, 2 critical.
import { setTimeout as within } from 'node:timers/promises';

const url = `http://127.0.0.1:${process.env.PORT ?? 7400}/status`;
const answer = await Promise.race([fetch(url), within(3000, undefined, { ref: false })]).catch(() => undefined);
const ageMs = answer === undefined ? Infinity : ((await answer.json()).priceAgeMs ?? Infinity);
const [code, word] = ageMs < 1000 ? [0, 'OK'] : ageMs < 10_000 ? [1, 'WARNING'] : [2, 'CRITICAL'];
console.log(`PRICES ${word} - last price ${Math.round(ageMs)} ms ago | age=${Math.round(ageMs)}ms;1000;10000`);
process.exit(code);
