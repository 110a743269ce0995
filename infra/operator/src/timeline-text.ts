import { stripVTControlCharacters, styleText } from 'node:util';
import {
  authorisePayment,
  capturePayment,
  closePayment,
  commands,
  commitStock,
  releaseStock,
  reserveStock,
  returnStock,
  voidPayment,
} from '@ringshop/contracts';
import type { TimelineEntry } from './customer.ts';

type Style = Parameters<typeof styleText>[0];

/** What a command means, for somebody who has not read the contracts. */
const meaning: Record<string, string> = {
  [reserveStock.name]: 'hold the goods',
  [authorisePayment.name]: 'may we charge this card?',
  [commitStock.name]: 'the goods are sold',
  [capturePayment.name]: 'take the money',
  [releaseStock.name]: 'undo: give the goods back',
  [voidPayment.name]: 'undo: free the authorised money',
  [closePayment.name]: 'take back: free or pay back the money',
  [returnStock.name]: 'take back: the goods return to the shelf',
};

const undoing = new Set<string>([releaseStock.name, voidPayment.name, closePayment.name, returnStock.name]);
const participantOf = new Map(
  commands.flatMap(({ name, topic, replies }) =>
    [name, ...Object.keys(replies)].map((message) => [message, topic.split('.')[0]!] as const),
  ),
);

/** One line an entry: when (ms since the first), which way it went, between whom, what, and what that means. */
export function timelineText(entries: TimelineEntry[]): string {
  const start = Date.parse(entries[0]?.at ?? '');
  const rows = entries.map((entry) => ({ after: `+${Date.parse(entry.at) - start} ms`, ...line(entry) }));
  const widths = [0, 1].map((column) => Math.max(...rows.map(({ cells }) => width(cells[column]!))));
  const lines = rows.map(({ after, mark, style, cells: [who, what, note] }) => {
    const text = `${mark} ${who!.padEnd(widths[0]!)}  ${what!.padEnd(note ? widths[1]! : 0)}`;
    return `${styleText('dim', after.padStart(9))}  ${styleText(style, text)}${note && `  ${styleText('dim', note)}`}`;
  });
  return lines.join('\n');
}

const width = (text: string) => stripVTControlCharacters(text).length;

interface Line {
  mark: string;
  style: Style;
  cells: [who: string, what: string, note: string];
}

/** The entry's own words, but the direction: a command goes to a participant, a reply comes back from one. */
function line({ what, detail }: TimelineEntry): Line {
  const message = detail.split(/[: ]/, 1)[0]!;
  const who = participantOf.get(message) ?? '';
  const rest = detail.slice(message.length).replace(/^:? /, '');
  const undo = undoing.has(message);
  switch (what) {
    case 'sent':
      return { mark: '→', style: undo ? 'yellow' : 'cyan', cells: [who, message, meaning[message] ?? ''] };
    case 'asked again':
      return { mark: '↻', style: 'yellow', cells: [who, message, `asked again ${rest}`.trim()] };
    case 'reply':
      return { mark: '←', style: 'white', cells: [who, message, rest] };
    case 'silence':
      return { mark: '…', style: 'yellow', cells: [who, message, 'no answer in time'] };
    case 'passed':
      return {
        mark: '●',
        style: ['bold', 'green'],
        cells: ['order', message, 'the point of no return: from here only forward'],
      };
    case 'giving up':
      return { mark: '⟲', style: ['bold', 'yellow'], cells: ['order', detail, 'give up, and undo what was done'] };
    case 'called off':
    case 'cancel asked':
      return { mark: '✗', style: ['bold', 'yellow'], cells: ['order', what, detail] };
    case 'resumed':
      return { mark: '↻', style: 'bold', cells: ['order', what, `by operator ${detail}`] };
    case 'ended':
      return { mark: '■', style: 'bold', cells: ['order', detail, ''] };
    case 'placed':
      return {
        mark: '+',
        style: 'bold',
        cells: ['order', detail, 'accepted, in one transaction with its first command'],
      };
    default:
      return { mark: '·', style: 'white', cells: [who || 'order', what, detail] };
  }
}
