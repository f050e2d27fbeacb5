import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export const isNginxMissing = spawnSync('nginx', ['-v']).status !== 0;

/**
 * A registry that is nginx with a configuration: blobs and manifests are files, uploads are PUT. It shares no line with docker's: it tells
 * no digests, keeps no manifest under its digest, takes no pieces, mounts nothing, and has ranges and caching of its own.
 */
const configuration = (dir: string, port: number): string => `
daemon off; worker_processes 1; pid ${dir}/pid; error_log ${dir}/error.log;
events { worker_connections 64; }
http {
  access_log off; default_type application/octet-stream; client_max_body_size 0; max_ranges 1;
  client_body_temp_path ${dir}/body; proxy_temp_path ${dir}/t1; fastcgi_temp_path ${dir}/t2; uwsgi_temp_path ${dir}/t3; scgi_temp_path ${dir}/t4;
  map $arg_digest $digest { "~^sha256(?::|%3A)(?<hex>[0-9a-f]{64})$" "sha256:$hex"; }
  server {
    listen 127.0.0.1:${port}; root ${dir}/none;
    location = /v2/ { return 200 "{}"; }
    location ~ ^/v2/(?<repo>[a-z0-9/]+)/blobs/uploads/$ {
      add_header Location /v2/$repo/blobs/uploads/$request_id?_=a%2Fb always;
      return 202 "";
    }
    location ~ ^/v2/(?<repo>[a-z0-9/]+)/blobs/uploads/[0-9a-f]+$ {
      dav_methods PUT; create_full_put_path on; alias ${dir}/files/$repo/blobs/$digest;
    }
    location ~ ^/v2/(?<repo>[a-z0-9/]+)/blobs/(?<blob>sha256:[0-9a-f]+)$ { alias ${dir}/files/$repo/blobs/$blob; }
    location ~ ^/v2/(?<repo>[a-z0-9/]+)/manifests/(?<tag>[\\w.:-]+)$ {
      default_type application/vnd.oci.image.manifest.v1+json;
      dav_methods PUT; create_full_put_path on; alias ${dir}/files/$repo/manifests/$tag;
    }
  }
}
`;

/** Starts it on loopback, with its files in a temporary folder. */
export async function startNginx(): Promise<AsyncDisposable & { readonly host: string }> {
  const dir = mkdtempSync(join(tmpdir(), 'varve-nginx-'));
  mkdirSync(join(dir, 'files'));
  const port = await freePort();
  writeFileSync(join(dir, 'nginx.conf'), `${process.getuid?.() === 0 ? 'user root;' : ''}${configuration(dir, port)}`);
  const child = spawn('nginx', ['-e', join(dir, 'error.log'), '-c', join(dir, 'nginx.conf')], { stdio: 'ignore' });
  const exited = once(child, 'exit');
  for (let tries = 0; !(await isUp(port)); tries++) {
    if (tries > 500 || child.exitCode !== null) throw new Error('nginx did not start');
    await sleep(20);
  }
  return {
    host: `127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      child.kill();
      await exited;
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

const isUp = async (port: number): Promise<boolean> =>
  await fetch(`http://127.0.0.1:${port}/v2/`).then(
    ({ ok }) => ok,
    () => false,
  );

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}
