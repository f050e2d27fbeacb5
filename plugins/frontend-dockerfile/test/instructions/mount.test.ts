import test from 'ava';
import { parseMount } from '../../src/instructions/mount.ts';

const fail = (message: string): never => {
  throw new Error(message);
};
const parse = (text: string) => parseMount(text, (value) => value.replace('$x', 'X'), fail);

const reads = test.macro({
  exec(t, text: string, expected: ReturnType<typeof parse>) {
    t.deepEqual(parse(text), expected);
  },
  title: (_, text) => `reads ${text}`,
});
test(reads, 'target=/a', { type: 'bind', target: '/a' });
test(reads, 'type=bind,from=b,src=/c,dst=/d,rw', {
  type: 'bind',
  from: 'b',
  source: '/c',
  target: '/d',
  writable: true,
});
test(reads, 'TYPE=Cache,id=$x,destination=/a,sharing=Locked,mode=0700,uid=1,gid=2,ro', {
  type: 'cache',
  id: 'X',
  target: '/a',
  sharing: 'locked',
  mode: 0o700,
  uid: 1,
  gid: 2,
  writable: false,
});
test(reads, 'type=secret,id=a,required,env=B', { type: 'secret', id: 'a', required: true, env: 'B' });
test(reads, 'type=secret,id=a,required=0,readonly=false', {
  type: 'secret',
  id: 'a',
  required: false,
  writable: true,
});
test(reads, 'type=tmpfs,target=/a,size=10m', { type: 'tmpfs', target: '/a', size: 10 << 20 });
test(reads, 'type=ssh', { type: 'ssh' });
test(reads, '"target=/a,b",ro', { type: 'bind', target: '/a,b', writable: false });

const refuses = test.macro({
  exec(t, text: string, message: string) {
    t.throws(() => parse(text), { message });
  },
  title: (_, text) => `refuses ${text}`,
});
test(refuses, 'type=bin', 'unsupported mount type "bin" (did you mean bind?)');
test(refuses, 'typ=bind', "unexpected key 'typ' in 'typ=bind' (did you mean type?)");
test(refuses, 'target', "invalid field 'target' must be a key=value pair");
test(refuses, 'target="/a', 'failed to parse csv mounts: "target=\\"/a"');
test(refuses, 'type=cache,sharing=x', 'unsupported sharing value "x"');
test(refuses, 'type=bind,sharing=shared', 'invalid cache sharing set for bind mount');
test(refuses, 'type=bind,mode=0755', 'mode not allowed for "bind" type mounts');
test(refuses, 'type=cache,mode=9', 'invalid value 9 for mode');
test(refuses, 'type=cache,uid=a', 'invalid value a for uid');
test(refuses, 'type=cache,ro=maybe', 'invalid value for ro: maybe');
test(refuses, 'type=cache,required', "unexpected key 'required' for mount type 'cache'");
test(refuses, 'type=secret', 'invalid secret mount. one of source, target, env required');
test(refuses, 'type=secret,from=a,id=b', 'secret mount should not have a from');
test(refuses, 'type=secret,source=a,id=b', "both source and id can't be set");
