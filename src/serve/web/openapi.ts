// The OpenAPI 3.1 description of the API, made from the rows that also serve it.

import { z } from 'zod';
import type { RouteRow } from './route.ts';
import { failureShape } from './shapes.ts';

type Json = { [key: string]: unknown };

/** The document. Events, metrics and health, which are no JSON answers, stand in it by hand. */
export function openApi(rows: readonly RouteRow[], version: string): Json {
  const paths: Record<string, Json> = {};
  for (const row of rows) {
    const at = (paths[row.path] ??= {});
    at[row.method.toLowerCase()] = operation(row);
  }
  paths['/api/v1/events'] = textual(
    'Server-sent events: `status`, then `delta` for each change, and `pulse` every 2 s.',
    'text/event-stream',
  );
  paths['/metrics'] = textual('Metrics for Prometheus.', 'text/plain');
  paths['/healthz'] = textual('200 while the agent answers, else 503.', 'application/json');
  return {
    openapi: '3.1.0',
    info: {
      title: 'Standfast console',
      version,
      description: 'Times ending in AtMs are Unix milliseconds, other Ms durations; what is not known is null.',
    },
    paths,
    components: {
      securitySchemes: { signedIn: { type: 'apiKey', in: 'cookie', name: 'standfast-SYSTEM' } },
      schemas: { Failure: schemaOf(failureShape, 'output') },
    },
  };
}

function operation(row: RouteRow): Json {
  return {
    summary: row.about,
    'x-access': row.access,
    ...(row.access === 'open' ? {} : { security: row.access === 'look' ? [{}, { signedIn: [] }] : [{ signedIn: [] }] }),
    parameters: [
      ...parameters(row.params, 'path'),
      ...parameters(row.query, 'query'),
      ...(row.method === 'GET' || row.access === 'open'
        ? []
        : [
            {
              name: 'standfast-csrf',
              in: 'header',
              required: true,
              description: 'As /api/v1/me gives it.',
              schema: { type: 'string' },
            },
          ]),
    ],
    ...(row.body === null
      ? {}
      : { requestBody: { required: true, content: { 'application/json': { schema: schemaOf(row.body, 'input') } } } }),
    responses: {
      200: { description: 'Done.', content: { 'application/json': { schema: schemaOf(row.answer, 'output') } } },
      default: {
        description: 'Refused: code, why, what next.',
        content: { 'application/json': { schema: { $ref: '#/components/schemas/Failure' } } },
      },
    },
  };
}

function parameters(shape: z.ZodObject | null, place: 'path' | 'query'): Json[] {
  if (shape === null) return [];
  return Object.entries(shape.shape).map(([name, field]) => ({
    name,
    in: place,
    required: place === 'path',
    schema: schemaOf(field as z.ZodType, 'input'),
  }));
}

function textual(summary: string, type: string): Json {
  return {
    get: {
      summary,
      'x-access': type === 'application/json' ? 'open' : 'look',
      responses: { 200: { description: summary, content: { [type]: {} } } },
    },
  };
}

function schemaOf(shape: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema: _dialect, ...schema } = z.toJSONSchema(shape, { io, unrepresentable: 'any' });
  return schema;
}
