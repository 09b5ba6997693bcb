// Takes the WASM files that a page's bundle has from there: a length of 4 bytes, JSON of that length with names and sizes, and the
// files one after the other (`frontend/bin/bundle.mjs`). What is small and not in it comes with all that is small, once the first of
// it is asked for. Without these each file is loaded on its own.
{
  const send = fetch;
  const read = async (address) => {
    const bytes = await (await send(address)).arrayBuffer();
    let at = 4 + new DataView(bytes).getUint32(0, true);
    const list = JSON.parse(new TextDecoder().decode(new Uint8Array(bytes, 4, at - 4)));
    return new Map(list.map(([name, length]) => [name, new Uint8Array(bytes, (at += length) - length, length)]));
  };
  const files = read(bundle).catch(() => new Map());
  let rest;
  const read_rest = () => rest ??= read(small).catch(() => { rest = undefined; });
  window.fetch = async (request, options) => {
    const name = /\/pkg\/([^/.]+)[^/]*\.wasm$/.exec(request.url ?? String(request))?.[1];
    const file = name && ((await files).get(name) ?? (name.startsWith("small_") && (await read_rest())?.get(name)));
    return file ? new Response(file, { headers: { "content-type": "application/wasm" } }) : send(request, options);
  };
}
