using System.Globalization;
using System.Net;
using System.Text;

namespace HematomaPacsAgent.Pipeline.Evaluation;

/// <summary>A chart as inline SVG: axes with round ticks, points, lines. Nothing is fetched when the page is read.</summary>
internal sealed class SvgChart
{
    private const double Width = 430, Height = 320, Left = 52, Right = 12, Top = 28, Bottom = 44;

    private readonly StringBuilder marks = new();
    private readonly string title, xName, yName;
    private readonly Scale x, y;

    /// <param name="title">Above the chart.</param>
    /// <param name="xName">Below, with the unit.</param>
    /// <param name="yName">At the left, with the unit.</param>
    /// <param name="xRange">Values shown.</param>
    /// <param name="yRange">Values shown.</param>
    /// <param name="logX">Powers of ten at equal distances; the range is above 0.</param>
    public SvgChart(string title, string xName, string yName, (double Low, double High) xRange, (double Low, double High) yRange, bool logX = false) =>
        (this.title, this.xName, this.yName, x, y) = (title, xName, yName, new Scale(xRange, logX), new Scale(yRange, false));

    /// <summary>The range of values, a little wider; some range even of none or of equal ones.</summary>
    public static (double Low, double High) Around(IEnumerable<double> values)
    {
        double[] all = [.. values.Where(double.IsFinite)];
        (double low, double high) = all.Length == 0 ? (0, 1) : (all.Min(), all.Max());
        double margin = high > low ? 0.06 * (high - low) : Math.Max(1, Math.Abs(low) * 0.1);
        return (low - margin, high + margin);
    }

    /// <param name="at">Place and what the mouse shows there.</param>
    /// <param name="color">CSS.</param>
    public SvgChart Points(IEnumerable<(double X, double Y, string Hint)> at, string color)
    {
        foreach (var (px, py, hint) in at)
            marks.Append(CultureInfo.InvariantCulture, $"<circle cx=\"{X(px):F1}\" cy=\"{Y(py):F1}\" r=\"3\" fill=\"{color}\" fill-opacity=\"0.7\">")
                .Append(CultureInfo.InvariantCulture, $"<title>{WebUtility.HtmlEncode(hint)}</title></circle>\n");
        return this;
    }

    public SvgChart Line(IEnumerable<(double X, double Y)> through, string color, bool dashed = false)
    {
        string points = string.Join(' ', through.Select(point => string.Create(CultureInfo.InvariantCulture, $"{X(point.X):F1},{Y(point.Y):F1}")));
        marks.Append(CultureInfo.InvariantCulture, $"<polyline points=\"{points}\" fill=\"none\" stroke=\"{color}\" stroke-width=\"1.5\"")
            .Append(dashed ? " stroke-dasharray=\"5 4\"" : "").Append("/>\n");
        return this;
    }

    /// <summary>A level line over the whole width, with its name.</summary>
    public SvgChart Level(double value, string name, string color, bool dashed = true)
    {
        Line([(x.Low, value), (x.High, value)], color, dashed);
        marks.Append(CultureInfo.InvariantCulture, $"<text x=\"{Width - Right - 2}\" y=\"{Y(value) - 3:F1}\" text-anchor=\"end\" fill=\"{color}\">")
            .Append(WebUtility.HtmlEncode(name)).Append("</text>\n");
        return this;
    }

    public override string ToString()
    {
        StringBuilder svg = new();
        svg.Append(CultureInfo.InvariantCulture,
            $"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{Width}\" height=\"{Height}\" viewBox=\"0 0 {Width} {Height}\"")
            .Append(" font-family=\"sans-serif\" font-size=\"11\" role=\"img\">\n");
        Text(Left, 16, "start", title, " font-size=\"13\" font-weight=\"bold\"");
        foreach (double tick in x.Ticks)
        {
            svg.Append(CultureInfo.InvariantCulture, $"<path d=\"M{X(tick):F1} {Top}V{Height - Bottom}\" stroke=\"#ddd\"/>");
            Text(X(tick), Height - Bottom + 14, "middle", tick.ToString("G4", CultureInfo.InvariantCulture));
        }

        foreach (double tick in y.Ticks)
        {
            svg.Append(CultureInfo.InvariantCulture, $"<path d=\"M{Left} {Y(tick):F1}H{Width - Right}\" stroke=\"#ddd\"/>");
            Text(Left - 5, Y(tick) + 4, "end", tick.ToString("G4", CultureInfo.InvariantCulture));
        }

        Text((Left + Width - Right) / 2, Height - 10, "middle", xName);
        double middle = (Top + Height - Bottom) / 2;
        Text(13, middle, "middle", yName, string.Create(CultureInfo.InvariantCulture, $" transform=\"rotate(-90 13 {middle})\""));
        return svg.Append(marks).Append("</svg>\n").ToString();

        void Text(double atX, double atY, string anchor, string text, string more = "") => svg.Append(CultureInfo.InvariantCulture,
            $"<text x=\"{atX:F1}\" y=\"{atY:F1}\" text-anchor=\"{anchor}\"{more}>{WebUtility.HtmlEncode(text)}</text>\n");
    }

    private double X(double value) => Left + x.Share(value) * (Width - Left - Right);

    private double Y(double value) => Height - Bottom - y.Share(value) * (Height - Top - Bottom);

    private sealed class Scale((double Low, double High) range, bool log)
    {
        public double Low => range.Low;
        public double High => range.High;

        /// <summary>0 to 1 along the axis; what lies outside is drawn at its end.</summary>
        public double Share(double value) => Math.Clamp((On(value) - On(range.Low)) / (On(range.High) - On(range.Low)), 0, 1);

        public IEnumerable<double> Ticks
        {
            get
            {
                if (log)
                {
                    for (int decade = (int)Math.Floor(Math.Log10(range.Low)); Math.Pow(10, decade) <= range.High; decade++)
                        foreach (int factor in (int[])[1, 2, 5])
                            if (factor * Math.Pow(10, decade) is var tick && tick >= range.Low && tick <= range.High) yield return tick;
                    yield break;
                }

                double rough = (range.High - range.Low) / 5, power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
                double step = new[] { 1, 2, 2.5, 5, 10 }.Select(factor => factor * power).First(candidate => candidate >= rough * 0.9999);
                for (double k = Math.Ceiling(range.Low / step); k * step <= range.High + step * 1e-9; k++) yield return Math.Round(k * step, 12) + 0.0; // no "-0"
            }
        }

        private double On(double value) => log ? Math.Log10(Math.Max(value, range.Low)) : value;
    }
}
