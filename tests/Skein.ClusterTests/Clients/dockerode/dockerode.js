// Containers of a host as a program sees them that uses Docker's client for Node.
// dockerode.js SOCKET: ends with status 0 when all is as Docker has it.
'use strict';
const assert = require('node:assert/strict');
const { PassThrough } = require('node:stream');
const { once } = require('node:events');
const { test, after, before } = require('node:test');
const { text, buffer } = require('node:stream/consumers');
const Docker = require('dockerode');

const docker = new Docker({ socketPath: process.env.DOCKER_SOCKET });
const Labels = { of: 'node' };
const Image = 'busybox';

const forever = (more = {}) => docker.createContainer({ Image, Cmd: ['sleep', '1d'], Labels, ...more, HostConfig: { Init: true, ...more.HostConfig } });
const refused = status => error => error.statusCode === status;

/** Both streams of what the engine sends in frames, to its end. */
async function demuxed(container, stream) {
  const [out, err] = [new PassThrough(), new PassThrough()];
  container.modem.demuxStream(stream, out, err);
  stream.on('end', () => { out.end(); err.end(); });
  return Promise.all([text(out), text(err)]);
}

before(async () => {
  const pulled = await docker.pull('busybox:latest');
  const told = await new Promise((resolve, reject) => docker.modem.followProgress(pulled, (error, lines) => error ? reject(error) : resolve(lines)));
  assert.match(told.at(-1).status, /^Status: /);
});

after(async () => {
  for (const one of await docker.listContainers({ all: true, filters: { label: ['of=node'] } })) await docker.getContainer(one.Id).remove({ force: true, v: true });
});

test('one runs in the foreground', async () => {
  const said = new PassThrough();
  const reading = text(said);
  const [ended, container] = await docker.run(Image, ['sh', '-c', 'echo hello; exit 3'], said, { Labels, Tty: true });
  said.end();
  assert.equal(ended.StatusCode, 3);
  assert.equal(await reading, 'hello\r\n');
  await container.remove();
});

test('one is attached to, written to and read', async () => {
  const container = await docker.createContainer({ Image, Cmd: ['sh', '-c', 'read line; echo $line; echo bad >&2'], Labels, OpenStdin: true, StdinOnce: true });
  const wire = await container.attach({ stream: true, stdin: true, stdout: true, stderr: true, hijack: true });
  const reading = demuxed(container, wire);
  await container.start();
  wire.write('hello\n');
  assert.equal((await container.wait()).StatusCode, 0);
  assert.deepEqual(await reading, ['hello\n', 'bad\n']);
  assert.match((await container.logs({ stdout: true, timestamps: true })).toString(), /Z hello\n$/);
  assert.deepEqual(await demuxed(container, await container.logs({ stdout: true, stderr: true, follow: true })), ['hello\n', 'bad\n']);
});

test('one lives its life', async () => {
  const container = await forever({ name: 'node-life', HostConfig: { Memory: 1 << 26 } });
  await container.start();
  await assert.rejects(container.start(), refused(304));
  const exec = await container.exec({ Cmd: ['sh', '-c', 'echo out; echo err >&2; exit 4'], AttachStdout: true, AttachStderr: true });
  assert.deepEqual(await demuxed(container, await exec.start({ hijack: true, stdin: false })), ['out\n', 'err\n']);
  assert.equal((await exec.inspect()).ExitCode, 4);
  assert.equal((await container.stats({ stream: false })).memory_stats.limit, 1 << 26);
  assert.ok((await container.top()).Processes.some(row => row.join(' ').includes('sleep 1d')));
  await container.pause();
  assert.equal((await container.inspect()).State.Status, 'paused');
  await container.unpause();
  await container.rename({ name: 'node-after' });
  await container.restart({ t: 0 });
  await container.stop({ t: 0 });
  await assert.rejects(container.stop(), refused(304));
  await container.remove();
  await assert.rejects(container.inspect(), refused(404));
});

test('events of one are told', async () => {
  const stream = await docker.getEvents({ filters: { label: ['of=node'], event: ['create', 'start', 'die', 'destroy'], container: ['node-told'] } });
  const told = [];
  const all = new Promise(resolve => stream.on('data', chunk => {
    for (const line of chunk.toString().split('\n').filter(Boolean)) told.push(JSON.parse(line).Action);
    if (told.includes('destroy')) resolve();
  }));
  const container = await forever({ name: 'node-told' });
  await container.start();
  await container.remove({ force: true });
  await all;
  stream.destroy();
  assert.deepEqual(told, ['create', 'start', 'die', 'destroy']);
});

test('files go in and out', async () => {
  const container = await forever();
  const tar = require('tar-fs');
  await container.putArchive(tar.pack(__dirname, { entries: ['package.json'] }), { path: '/tmp' });
  const packed = await buffer(await container.getArchive({ path: '/tmp/package.json' }));
  assert.ok(packed.includes('skein-dockerode-test'));
  assert.deepEqual((await container.changes()).filter(change => change.Path === '/tmp/package.json'), [{ Path: '/tmp/package.json', Kind: 1 }]);
});

test('networks, volumes and images', async () => {
  const network = await docker.createNetwork({ Name: 'node-front', Labels, IPAM: { Config: [{ Subnet: '10.87.0.0/24' }] } });
  const volume = await docker.createVolume({ Name: 'node-shelf', Labels });
  const server = await docker.createContainer({
    Image, Labels, Cmd: ['sh', '-c', 'echo served > /data/index.html; exec httpd -f -h /data'],
    HostConfig: { Init: true, Binds: ['node-shelf:/data'], NetworkMode: 'node-front' }, NetworkingConfig: { EndpointsConfig: { 'node-front': { Aliases: ['shop'] } } },
  });
  await server.start();
  const visitor = await docker.createContainer({ Image, Labels, Cmd: ['sh', '-c', 'until wget -qO- http://shop/; do sleep 0.1; done'] });
  await network.connect({ Container: visitor.id });
  await visitor.start();
  assert.equal((await visitor.wait()).StatusCode, 0);
  assert.ok((await visitor.logs({ stdout: true })).toString().includes('served'));
  await assert.rejects(network.remove(), refused(403));
  await assert.rejects(volume.remove(), refused(409));
  await server.remove({ force: true });
  await visitor.remove();
  await network.remove();
  await volume.remove();
  await docker.getImage(Image).tag({ repo: 'node/copy', tag: '1' });
  assert.deepEqual((await docker.listImages({ filters: { reference: ['node/copy'] } })).map(image => image.RepoTags.includes('node/copy:1')), [true]);
  await docker.getImage('node/copy:1').remove();
  await assert.rejects(docker.getImage('node/copy:1').inspect(), refused(404));
});
