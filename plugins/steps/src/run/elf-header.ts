interface Machine {
  /** `e_machine` of the ELF header. */
  readonly machine: number;
  readonly bits: 32 | 64;
  readonly big?: true;
}

/** Architectures as images name them. */
const MACHINES: Readonly<Record<string, Machine>> = {
  '386': { machine: 3, bits: 32 },
  amd64: { machine: 62, bits: 64 },
  arm: { machine: 40, bits: 32 },
  arm64: { machine: 183, bits: 64 },
  loong64: { machine: 258, bits: 64 },
  mips: { machine: 8, bits: 32, big: true },
  mipsle: { machine: 8, bits: 32 },
  mips64: { machine: 8, bits: 64, big: true },
  mips64le: { machine: 8, bits: 64 },
  ppc64: { machine: 21, bits: 64, big: true },
  ppc64le: { machine: 21, bits: 64 },
  riscv64: { machine: 243, bits: 64 },
  s390x: { machine: 22, bits: 64, big: true },
};

/** How a program for an architecture begins (ELF, e_ident to e_version); `undefined` for one that is not known. */
export function elfHeader(architecture: string): Buffer | undefined {
  const known = MACHINES[architecture];
  if (known === undefined) return undefined;
  const { machine, bits, big = false } = known;
  const header = Buffer.alloc(64);
  header.set([0x7f, 0x45, 0x4c, 0x46, bits / 32, big ? 2 : 1, 1]);
  const write = (value: number, at: number) => (big ? header.writeUInt16BE(value, at) : header.writeUInt16LE(value, at));
  write(2, 16); // ET_EXEC
  write(machine, 18);
  header[big ? 23 : 20] = 1;
  return header;
}
