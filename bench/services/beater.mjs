// A service that beats every BEAT_MS by message, from a timer, as services do: late when the machine is busy.
import { member } from '../../src/member.js';

member({ heartbeatEveryMs: Number(process.env.BEAT_MS) }).onRole(() => {});
setInterval(() => {}, 1000);
