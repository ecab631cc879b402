// Compresses files as an edge would: pack.mjs FOLDER FILE… writes FOLDER/0, FOLDER/1, … (brotli 11).
import {readFileSync, writeFileSync} from 'node:fs';
import {brotliCompressSync, constants} from 'node:zlib';

const [folder, ...files] = process.argv.slice(2);
files.forEach((file, index) => {
  const content = readFileSync(file);
  const params = {[constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: content.length};
  writeFileSync(`${folder}/${index}`, brotliCompressSync(content, {params}));
});
