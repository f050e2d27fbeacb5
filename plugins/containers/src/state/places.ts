import { join } from 'node:path';

/** Where things of containers and volumes lie in a store. */
export class Places {
  readonly root: string;

  constructor(root: string) {
    this.root = root;
  }

  get database(): string {
    return join(this.root, 'db', 'containers.sqlite');
  }

  get containers(): string {
    return join(this.root, 'containers');
  }

  /** A container's own directory: its log, its lock, its socket. */
  container(id: string): string {
    return join(this.containers, id);
  }

  /** Held by the container's supervisor for as long as that lives, however it ends: neither a reboot nor another pid namespace can mislead. */
  lock(id: string): string {
    return join(this.container(id), 'lock');
  }

  log(id: string): string {
    return join(this.container(id), 'log');
  }

  get volumes(): string {
    return join(this.root, 'volumes');
  }

  volume(name: string): string {
    return join(this.volumes, name);
  }

  /** What containers see. */
  volumeData(name: string): string {
    return join(this.volume(name), '_data');
  }
}
