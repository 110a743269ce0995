export { type BarChartData, barChart, type LineChartData, lineChart } from './charts.ts';
