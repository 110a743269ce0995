import { createHash } from 'node:crypto';
import { BarChart, LineChart } from 'echarts/charts';
import { GridComponent, LegendComponent, MarkLineComponent, TitleComponent } from 'echarts/components';
import * as echarts from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import type { EChartsOption } from 'echarts/types/dist/shared';

echarts.use([BarChart, LineChart, GridComponent, LegendComponent, MarkLineComponent, TitleComponent, SVGRenderer]);

/** Half-way between black and white: read at more than 4:1 on a light page and on a dark one. */
export const ink = '#6e7781';
const faint = { lineStyle: { color: ink, opacity: 0.25 } };
const palette = ['#2f81f7', '#db6d28', '#2da44e', '#a371f7', '#e5534b', '#1b9aaa', '#bf8700', '#8c6b5a'];

export const axisLook = {
  nameTextStyle: { color: ink },
  axisLabel: { color: ink },
  axisLine: { lineStyle: { color: ink } },
  splitLine: faint,
};

/** A chart's title at the left, its legend under it; nothing moves, nothing is asked of the net, no script is in it. */
export function svgOf(title: string, height: number, option: EChartsOption): string {
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width: 760, height });
  try {
    chart.setOption({
      animation: false,
      color: palette,
      textStyle: { fontFamily: 'system-ui, sans-serif', color: ink },
      title: { text: title, left: 8, top: 4, textStyle: { color: ink, fontSize: 15 } },
      legend: {
        left: 8,
        top: 30,
        textStyle: { color: ink },
        itemWidth: 14,
        itemHeight: 10,
        itemGap: 22,
        icon: 'roundRect',
      },
      grid: { left: 16, right: 28, top: 82, bottom: 34, outerBoundsMode: 'same' },
      ...option,
    });
    return withIdsOf(title, named(title, chart.renderToSVGString()));
  } finally {
    chart.dispose();
  }
}

/** What a screen reader says of it, and a browser where the pointer rests. */
const named = (title: string, svg: string) => svg.replace('>', () => ` role="img"><title>${escaped(title)}</title>`);

const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

/**
 * ECharts numbers its ids by what else was drawn before. The same numbers must give the same text, and two charts in one
 * page must not share an id: so they are named after what the chart holds. What it says about a pointer is left out.
 */
function withIdsOf(title: string, svg: string): string {
  const still = svg.replace(/<style.*?<\/style>/s, '').replaceAll(/ class="[^"]*"/g, '');
  const plain = still.replaceAll(/\bzr\d+-/g, 'zr-');
  const hash = createHash('sha256').update(title).update(plain).digest('hex').slice(0, 8);
  return plain.replaceAll(/\bzr-/g, `c${hash}-`);
}
