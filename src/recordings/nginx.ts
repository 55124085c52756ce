// The location block that serves recordings by signed links.

import { type Parsed, Problem } from '../core/errors.js';
import type { RecordingPlace } from './recording-files.js';
import { type LinkKey, serverPath } from './signature.js';

/**
 * The `location` block that serves a folder of recordings by signed links alone, for stock nginx (`secure_link` is in Debian's
 * package). https://nginx.org/en/docs/http/ngx_http_secure_link_module.html
 *
 * @returns a Problem where nginx could not take the folder or the path as they are
 */
export function nginxBlock({ root, url }: RecordingPlace, keys: readonly LinkKey[]): Parsed<string> {
  const uri = serverPath(url);
  if (uri instanceof Problem) return new Problem(`recordings_url: ${uri.text}`);
  const path = `/${uri.toString('utf8')}/`.replace(/\/{2,}/g, '/');
  const folder = `${root}/`.replace(/\/{2,}/g, '/');
  for (const [name, value] of [
    ['recordings_root', folder],
    ['recordings_url', path],
  ] as const) {
    if (/["$\\\n\r]/.test(value))
      return new Problem(`${name}: has a character that means something to nginx`);
  }
  const last = keys.at(-1)?.id ?? 1;
  return `# Recordings for amoCRM, by signed links only. Include this in the server block (https) of ${new URL(url).host}:
#     include /etc/nginx/amocalls-recordings.conf;
# To replace the secret: amocalls recordings secret, write this block again, reload nginx; links with older keys
# go on playing until their line in the secret file is "-" and the block is written once more.
# The player of amoCRM plays mp3. Links in an access log open recordings: access_log is off here.
location ^~ "${path}" {
    alias "${folder}";
    autoindex off;
    access_log off;
    if ($request_method !~ ^(GET|HEAD)$) { return 405; }

    secure_link $arg_md5,$arg_expires;
    set $amocalls_secret "";
${keys.map(({ id, secret }) => `    if ($arg_k = "${id}") { set $amocalls_secret "${secret}"; }${id === last ? '  # signs new links' : ''}`).join('\n')}
    secure_link_md5 "$secure_link_expires$uri $amocalls_secret";
    if ($amocalls_secret = "") { return 403; }
    if ($secure_link = "") { return 403; }
    if ($secure_link = "0") { return 410; }

    types {
        audio/mpeg mp3;
        audio/wav  wav;
        audio/ogg  ogg oga opus;
        audio/mp4  m4a;
    }
    default_type application/octet-stream;
    add_header Access-Control-Allow-Origin "*" always;
    add_header Access-Control-Expose-Headers "Accept-Ranges, Content-Length, Content-Range" always;
    add_header Cache-Control "private, max-age=3600";
    add_header X-Content-Type-Options nosniff always;
}
`;
}
