import test from 'ava';
import { formatDuration, parseDuration } from '../../src/instructions/duration.ts';
import { expandPorts } from '../../src/instructions/ports.ts';
import { isSignal } from '../../src/instructions/signals.ts';

const exposes = test.macro({
  exec(t, word: string, ...expected: readonly string[]) {
    t.deepEqual(expandPorts(word), expected);
  },
  title: (_, word) => `EXPOSE ${word}`,
});
test(exposes, '80', '80/tcp');
test(exposes, '80/UDP', '80/udp');
test(exposes, '7000-7002/sctp', '7000/sctp', '7001/sctp', '7002/sctp');
test(exposes, '8080:80', '80/tcp');
test(exposes, '127.0.0.1:8080:80', '80/tcp');
test(exposes, '[::1]:8080:80', '80/tcp');
test(exposes, '::1::80/', '80/tcp');
test(exposes, '80-80', '80/tcp');
test(exposes, '9000-9001:80-81', '80/tcp', '81/tcp');
test(exposes, '9000-9005:80', '80/tcp');

const refusesPort = test.macro({
  exec(t, word: string, message: string) {
    t.throws(() => expandPorts(word), { message });
  },
  title: (_, word) => `refuses EXPOSE ${word}`,
});
test(refusesPort, 'a', 'invalid containerPort: a');
test(refusesPort, '65536', 'invalid containerPort: 65536');
test(refusesPort, '9-8', 'invalid containerPort: 9-8');
test(refusesPort, '1-2-3', 'invalid containerPort: 1-2-3');
test(refusesPort, '80/X', 'invalid port: "80/X": invalid proto: X');
test(refusesPort, '/tcp', 'invalid port: "/tcp": no port specified');
test(refusesPort, '[a]:1:80', 'invalid IP address: a');
test(refusesPort, 'a:b:c/d', 'invalid port: "a:b:c/d": invalid proto: d');
test(refusesPort, 'a:80', 'invalid hostPort: a');
test(refusesPort, 'a:1:80', 'invalid IP address: a');
test(refusesPort, '1-3:80-81', 'invalid ranges specified for container and host Ports: 80-81 and 1-3');

test('signals are numbers but 0, or names with or without SIG', (t) => {
  for (const signal of ['9', '-1', '64', 'SIGTERM', 'kill', 'SIGRTMIN+3', 'RTMAX-1']) t.true(isSignal(signal), signal);
  for (const signal of ['0', '', 'SIG', 'SIGFOO', 'RTMIN+16', '9x']) t.false(isSignal(signal), signal);
});

const lasts = test.macro({
  exec(t, text: string, nanoseconds: number, printed: string) {
    t.is(parseDuration(text), nanoseconds);
    t.is(formatDuration(nanoseconds), printed);
  },
  title: (_, text, nanoseconds) => `${text} is ${nanoseconds} ns`,
});
test(lasts, '0', 0, '0s');
test(lasts, '90s', 90e9, '1m30s');
test(lasts, '1h', 3600e9, '1h0m0s');
test(lasts, '1.5h', 5400e9, '1h30m0s');
test(lasts, '1500ms', 15e8, '1.5s');
test(lasts, '2ms', 2e6, '2ms');
test(lasts, '1us500ns', 1500, '1.5µs');
