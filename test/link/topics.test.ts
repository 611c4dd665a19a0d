import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LinkError, missionFilter, parseTopic, topicOf } from '../../sdk/link/index.ts';

const segment = fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/);

describe('a topic', () => {
  it('names mission, craft and stream, both ways', () => {
    fc.assert(
      fc.property(segment, segment, segment, (mission, craft, stream) => {
        expect(parseTopic(topicOf({ mission, craft }, stream))).toEqual({ mission, craft, stream });
      }),
    );
  });

  it('with a space, a wildcard, a slash or nothing in a segment is never made', () => {
    for (const bad of ['a b', '+', '#', 'a/b', '', 'ä', 'x'.repeat(65), 'a\u0000']) {
      expect(() => topicOf({ mission: bad, craft: 'c' }, 'soil')).toThrow(LinkError);
      expect(() => topicOf({ mission: 'm', craft: bad }, 'soil')).toThrow(LinkError);
      expect(() => missionFilter(bad)).toThrow(LinkError);
    }
  });

  it('of somebody else is not taken for ours', () => {
    for (const other of [
      '',
      'nadir',
      'nadir/2/m/c/soil',
      'nadir/1/m/c',
      'nadir/1/m/c/soil/x',
      'nadir/1/m//soil',
      '/nadir/1/m/c',
    ]) {
      expect(parseTopic(other)).toBeUndefined();
    }
  });
});
