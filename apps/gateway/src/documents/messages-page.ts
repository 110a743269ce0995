interface Document {
  info: { title: string; description: string };
  channels: Record<string, { messages: Record<string, unknown> }>;
  operations: Record<string, { summary?: string }>;
  components: {
    messages: Record<string, { name: string; payload: { allOf: [unknown, { properties: { data: object } }] } }>;
  };
}

const style = `body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
pre { background: #f4f4f4; padding: .8rem; overflow: auto } summary { cursor: pointer; font-family: monospace }
@media (prefers-color-scheme: dark) { body { background: #111; color: #ddd } pre { background: #222 } a { color: #8bf } }`;

/**
 * The messages by topic, on one page without a script. @asyncapi/react-component would show them too, with 228 packages (119 MB)
 * in the gateway's image for one file of them.
 */
export function messagesPage(asyncApi: object): string {
  const { info, channels, operations, components } = asyncApi as Document;
  const message = (name: string) => {
    const { name: type, payload } = components.messages[name]!;
    const data = JSON.stringify(payload.allOf[1].properties.data, null, 2);
    const summary = operations[name]?.summary;
    return `<details><summary>${encoded(type)}</summary>${summary ? `<p>${text(summary)}</p>` : ''}<pre>${encoded(data)}</pre></details>`;
  };
  const topics = Object.entries(channels).map(
    ([topic, { messages }]) => `<h2>${encoded(topic)}</h2>${Object.keys(messages).map(message).join('\n')}`,
  );
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>${encoded(info.title)}</title><style>${style}</style>
<h1>${encoded(info.title)}</h1><p>${text(info.description)}</p>
<p><a href="/asyncapi.json">asyncapi.json</a>, <a href="/docs/">the HTTP API</a></p>
${topics.join('\n')}</html>`;
}

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const encoded = (text: string) => text.replaceAll(/[&<>"]/g, (letter) => entities[letter]!);
/** In the little of Markdown that descriptions have. */
const text = (markdown: string) => encoded(markdown).replaceAll(/`([^`]+)`/g, '<code>$1</code>');
