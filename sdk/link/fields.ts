/** Values against their dictionary fields: turned into a wire list and back, and refused when they do not fit. */
import type { Field } from './dictionary.ts';

/** A value of a field. */
export type FieldValue = number | string | boolean | Uint8Array | readonly number[];
/** Named values of a frame or a command. */
export type FieldValues = Readonly<Record<string, FieldValue>>;

/** Why bytes from the link were refused. An event to be counted, never a reason to stop. */
export class LinkError extends Error {
  override readonly name = 'LinkError';
}

/** Values in wire order. Throws a LinkError for one that is missing, unknown or does not fit its field. */
export function valuesToList(fields: readonly Field[], values: FieldValues, of: string): FieldValue[] {
  for (const name of Object.keys(values)) {
    if (!fields.some((field) => field.name === name)) throw new LinkError(`${of} has no field ${name}`);
  }
  return fields.map((field) => checked(field, values[field.name], of));
}

/** Named values from a wire list. Throws a LinkError when it does not follow the dictionary. */
export function listToValues(fields: readonly Field[], list: unknown, of: string): FieldValues {
  if (!Array.isArray(list) || list.length !== fields.length) {
    throw new LinkError(
      `${of}: expected ${fields.length} values, got ${Array.isArray(list) ? list.length : typeof list}`,
    );
  }
  return Object.fromEntries(fields.map((field, i) => [field.name, checked(field, list[i], of)]));
}

function checked(field: Field, value: unknown, of: string): FieldValue {
  const fail = (why: string) => new LinkError(`${of}.${field.name}: ${why}`);
  const bounded = (length: number) => {
    if (length > (field.maxLength ?? 0)) throw fail(`length ${length} is above ${field.maxLength ?? 0}`);
  };
  switch (field.type) {
    case 'uint':
      if (!isUint(value)) throw fail('not a whole number of 0 or more');
      return value;
    case 'float':
      if (typeof value !== 'number' || !Number.isFinite(value)) throw fail('not a finite number');
      return value;
    case 'flag':
      if (typeof value !== 'boolean') throw fail('not a flag');
      return value;
    case 'text':
      if (typeof value !== 'string') throw fail('not a text');
      bounded(value.length);
      if (field.oneOf && !field.oneOf.includes(value)) throw fail(`not one of ${field.oneOf.join(', ')}`);
      return value;
    case 'bytes':
      if (!(value instanceof Uint8Array)) throw fail('not bytes');
      bounded(value.length);
      return value;
    case 'uints':
      if (!Array.isArray(value) || !value.every(isUint)) throw fail('not a list of whole numbers');
      bounded(value.length);
      return value;
    case 'floats':
      if (!Array.isArray(value) || !value.every((item) => typeof item === 'number' && Number.isFinite(item))) {
        throw fail('not a list of finite numbers');
      }
      bounded(value.length);
      return value;
  }
}

function isUint(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
