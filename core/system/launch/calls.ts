import { loadKoffi } from '../koffi.ts';
import { errnoName } from '../system-error.ts';

type Call = (...args: unknown[]) => number;
interface Library {
  func(signature: string): Call;
}

/** New system calls have the same number on every architecture. */
const NEW = { open_tree: 428, move_mount: 429, pidfd_open: 434, close_range: 436, pidfd_getfd: 438 };

/** Numbers of system calls whose C functions act on the whole process: the kernel's act on the calling thread, which is what we want. */
const NUMBERS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  x64: { pivot_root: 155, setgroups: 116, setresuid: 117, setresgid: 119, ...NEW },
  arm64: { pivot_root: 41, setgroups: 159, setresuid: 147, setresgid: 149, ...NEW },
};

const SIGNATURES = {
  unshare: 'int unshare(int flags)',
  setns: 'int setns(int fd, int type)',
  chdir: 'int chdir(const char *path)',
  chroot: 'int chroot(const char *path)',
  fchdir: 'int fchdir(int fd)',
  close: 'int close(int fd)',
  umask: 'int umask(int mask)',
  umount2: 'int umount2(const char *target, int flags)',
  sethostname: 'int sethostname(const char *name, size_t length)',
  prctl: 'int prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d)',
  prlimit64: 'int prlimit64(int pid, int resource, const void *limit, void *old)',
  socket: 'int socket(int domain, int type, int protocol)',
  ioctl: 'int ioctl(int fd, unsigned long request, void *argument)',
  pipe2: 'int pipe2(void *fds, int flags)',
  waitpid: 'int waitpid(int pid, void *status, int options)',
  pidfd_open: 'long syscall(long number, long pid, long flags)',
  pidfd_getfd: 'long syscall(long number, long pidfd, long fd, long flags)',
  pivot_root: 'long syscall(long number, const char *root, const char *old)',
  setgroups: 'long syscall(long number, long count, const void *groups)',
  setresuid: 'long syscall(long number, long real, long effective, long saved)',
  setresgid: 'long syscall(long number, long real, long effective, long saved)',
  close_range: 'long syscall(long number, long first, long last, long flags)',
  open_tree: 'long syscall(long number, long dir, const char *path, long flags)',
  move_mount: 'long syscall(long number, long from, const char *fromPath, long to, const char *toPath, long flags)',
} as const;

/** Those that return 0 or an error number, and leave errno alone. */
const PLAIN = {
  posix_spawn:
    'int posix_spawn(_Out_ int *pid, const char *path, const void *actions, const void *attributes, const char **args, const char **env)',
  posix_spawn_file_actions_init: 'int posix_spawn_file_actions_init(void *actions)',
  posix_spawn_file_actions_destroy: 'int posix_spawn_file_actions_destroy(void *actions)',
  posix_spawn_file_actions_addopen:
    'int posix_spawn_file_actions_addopen(void *actions, int fd, const char *path, int flags, unsigned int mode)',
  posix_spawn_file_actions_adddup2: 'int posix_spawn_file_actions_adddup2(void *actions, int fd, int target)',
  posix_spawnattr_init: 'int posix_spawnattr_init(void *attributes)',
  posix_spawnattr_destroy: 'int posix_spawnattr_destroy(void *attributes)',
  posix_spawnattr_setflags: 'int posix_spawnattr_setflags(void *attributes, short flags)',
  posix_spawnattr_setsigmask: 'int posix_spawnattr_setsigmask(void *attributes, const void *signals)',
  posix_spawnattr_setsigdefault: 'int posix_spawnattr_setsigdefault(void *attributes, const void *signals)',
} as const;

let library: Library | undefined;
let errno: () => number = () => 0;
const functions = new Map<string, Call>();

/** Why this machine's system calls are not known. */
export const whyCallsUnknown = (): string | undefined =>
  NUMBERS[process.arch] === undefined ? `processes are started on x64 and arm64, and this is ${process.arch}` : undefined;

/** Calls the kernel on this very thread. @throws Error that names the call and the errno */
export function call(name: keyof typeof SIGNATURES, ...args: unknown[]): number {
  const result = attempt(name, ...args);
  if (result >= 0) return result;
  const number = errno(); // before anything else is called
  throw new Error(`${name} failed: ${errnoName(number)}`);
}

/** The same for what may fail: the result, negative on failure. */
export function attempt(name: keyof typeof SIGNATURES, ...args: unknown[]): number {
  const fn = find(name, SIGNATURES[name]);
  const number = NUMBERS[process.arch]?.[name];
  return number === undefined ? fn(...args) : fn(number, ...args);
}

/** Calls a function of the C library whose result is 0 or an error number. */
export const plainCall = (name: keyof typeof PLAIN, ...args: unknown[]): number => find(name, PLAIN[name])(...args);

function find(name: string, signature: string): Call {
  const known = functions.get(name);
  if (known !== undefined) return known;
  const fn = load().func(signature);
  functions.set(name, fn);
  return fn;
}

function load(): Library {
  if (library === undefined) {
    const koffi = loadKoffi();
    library = koffi.load(null) as unknown as Library; // its functions take anything
    errno = () => koffi.errno();
  }
  return library;
}
