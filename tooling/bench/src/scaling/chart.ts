import { scaleLinear } from "d3-scale";

/** A line over measured points. */
export interface Series {
  name: string;
  points: readonly (readonly [x: number, y: number])[];
}

export interface Chart {
  title: string;
  /** What the horizontal axis counts. */
  x: string;
  series: readonly Series[];
}

const WIDTH = 420;
const HEIGHT = 280;
const MARGIN = { top: 34, right: 16, bottom: 40, left: 56 };
const LEGEND_LINE = 15;
// Okabe and Ito's colours, told apart by people who see few; each also has a mark of its own in the legend's order.
const COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7"];
const FONT = 'font-family="system-ui, sans-serif" font-size="11"';

/** Charts side by side, `columns` in a row, as one SVG that needs nothing else and is readable on white and on dark. */
export function chartsToSvg(charts: readonly Chart[], columns: number = 2): string {
  const rows = Math.ceil(charts.length / columns);
  const size = `${columns * WIDTH} ${rows * HEIGHT}`;
  const parts = charts.map((chart, index) => {
    const place = `translate(${(index % columns) * WIDTH} ${Math.floor(index / columns) * HEIGHT})`;
    return `<g transform="${place}">${chartBody(chart)}</g>`;
  });
  const background = '<rect width="100%" height="100%" fill="#fff"/>';
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size}" ${FONT}>\n<title>${escaped(charts.map(({ title }) => title).join("; "))}</title>\n${background}\n${parts.join("\n")}\n</svg>\n`;
}

function chartBody({ title, x: label, series }: Chart): string {
  const points = series.flatMap((line) => line.points);
  const x = scaleLinear([0, Math.max(...points.map(([at]) => at))], [MARGIN.left, WIDTH - MARGIN.right]).nice();
  const y = scaleLinear([0, Math.max(...points.map(([, at]) => at))], [HEIGHT - MARGIN.bottom, MARGIN.top]).nice();
  const format = (value: number) => value.toLocaleString("en");
  const [bottom, top] = y.range() as [number, number];
  const [left, right] = x.range() as [number, number];
  const grid = y
    .ticks(5)
    .map((tick) => {
      const at = round(y(tick));
      const text = `<text x="${left - 6}" y="${at + 4}" text-anchor="end" fill="#333">${format(tick)}</text>`;
      return `<line x1="${left}" x2="${right}" y1="${at}" y2="${at}" stroke="#ddd"/>${text}`;
    })
    .join("");
  const ticks = x
    .ticks(5)
    .map(
      (tick) =>
        `<text x="${round(x(tick))}" y="${bottom + 15}" text-anchor="middle" fill="#333">${format(tick)}</text>`,
    )
    .join("");
  const lines = series
    .map((line, index) => {
      const colour = COLOURS[index % COLOURS.length]!;
      const places = line.points.map(([at, value]) => [round(x(at)), round(y(value))] as const);
      const path = `<polyline fill="none" stroke="${colour}" stroke-width="2" points="${places.map((each) => each.join()).join(" ")}"/>`;
      const dots = places.map(([cx, cy]) => `<circle cx="${cx}" cy="${cy}" r="3" fill="${colour}"/>`).join("");
      const name = `<text x="${left + 8}" y="${top + 10 + index * LEGEND_LINE}" fill="${colour}">${escaped(line.name)}</text>`;
      return path + dots + name;
    })
    .join("");
  const heading = `<text x="${left}" y="18" font-size="13" font-weight="600" fill="#111">${escaped(title)}</text>`;
  const axis = `<text x="${(left + right) / 2}" y="${HEIGHT - 8}" text-anchor="middle" fill="#333">${escaped(label)}</text>`;
  return heading + grid + ticks + axis + lines;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
