// Runs the stretches of a simulation on several cores. The only file of this room that knows threads and clocks.

import { availableParallelism } from 'node:os';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { simulateChunk, type ChunkOptions, type ChunkResult } from './simulate/chunk.ts';
import { chunksOf, combine, type Simulation, type SimulationOptions } from './simulate/simulation.ts';

interface Driven {
  readonly simulation: Simulation;
  readonly tookMs: number;
  /** How many threads worked. */
  readonly threads: number;
}

/** Simulates; `cores` 0: as many as there are. `progress` hears how many stretches of how many are done. */
export async function driveSimulation(
  options: SimulationOptions,
  cores: number,
  progress: (done: number, of: number) => void,
): Promise<Driven> {
  const began = performance.now();
  const chunks = chunksOf(options);
  const threads = Math.min(chunks.length, cores > 0 ? cores : availableParallelism());
  let done = 0;
  const tell = (): void => {
    done += 1;
    progress(done, chunks.length);
  };
  const results = threads === 1 ? alone(chunks, tell) : await together(chunks, threads, tell);
  return { simulation: combine(options, results), tookMs: performance.now() - began, threads };
}

function alone(chunks: readonly ChunkOptions[], tell: () => void): ChunkResult[] {
  return chunks.map((chunk) => {
    const result = simulateChunk(chunk);
    tell();
    return result;
  });
}

/** Each thread takes the next stretch when it is done with one. */
async function together(chunks: readonly ChunkOptions[], threads: number, tell: () => void): Promise<ChunkResult[]> {
  const left = [...chunks];
  const results: ChunkResult[] = [];
  const one = async (): Promise<void> => {
    for (let chunk = left.shift(); chunk !== undefined; chunk = left.shift()) {
      results.push(await inThread(chunk));
      tell();
    }
  };
  await Promise.all(Array.from({ length: threads }, one));
  return results;
}

function inThread(chunk: ChunkOptions): Promise<ChunkResult> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: chunk });
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', (code) => {
      if (code !== 0) reject(new Error(`a thread of the simulation ended with ${code}`));
    });
  });
}

if (!isMainThread && parentPort !== null && isChunk(workerData)) parentPort.postMessage(simulateChunk(workerData));

function isChunk(data: unknown): data is ChunkOptions {
  return typeof data === 'object' && data !== null && 'lengthMs' in data && 'system' in data && 'seed' in data;
}
