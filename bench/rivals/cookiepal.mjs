// cookiepal's own backend, set up by its environment variables, on loopback. Prints its port.
import {serve} from '@hono/node-server';
import {createApp, resolveConfig} from '@cookiepal-oss/backend';

const {app} = await createApp(resolveConfig(process.env));
serve({fetch: app.fetch, hostname: '127.0.0.1', port: 0}, address => console.log(address.port));
