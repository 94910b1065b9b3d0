// Loaded into every Node of a machine that is fed: a file of the kernel that this kernel cannot have is read from a folder, once it lies there.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const folder = process.env.STANDFAST_FED;
const read = fs.readFileSync;
fs.readFileSync = (path, ...rest) => {
  const isKernels = typeof path === 'string' && /^\/(proc|sys)\//.test(path);
  return read(isKernels && fs.existsSync(`${folder}${path}`) ? `${folder}${path}` : path, ...rest);
};
syncBuiltinESMExports();
