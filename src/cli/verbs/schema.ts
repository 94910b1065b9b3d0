// `schema`: the JSON Schema of the description, for editors.

import { descriptionSchema } from '../../model/schema.ts';
import type { Run } from '../verb.ts';

/** Exit 0. */
export const schema: Run = (context) => {
  context.terminal.print(JSON.stringify(descriptionSchema(), null, 2));
  return Promise.resolve(0);
};
