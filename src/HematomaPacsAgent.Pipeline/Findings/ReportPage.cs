using System.Globalization;
using HematomaPacsAgent.Analysis;
using HematomaPacsAgent.Analysis.Models;
using SkiaSharp;

namespace HematomaPacsAgent.Pipeline.Findings;

/// <summary>The findings on one A4 page, as PDF and as PNG.</summary>
public static class ReportPage
{
    private const float Width = 595, Height = 842, Margin = 40;

    private static readonly string[] FontFiles =
    [
        "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf", "/usr/share/fonts/dejavu-sans-fonts/DejaVuSans.ttf", "/usr/share/fonts/TTF/DejaVuSans.ttf",
        "/usr/share/fonts/truetype/liberation/LiberationSans-Regular.ttf", @"C:\Windows\Fonts\arial.ttf",
    ];

    /// <summary>Writes <c>report.pdf</c>, <c>report.png</c> and one <c>slice-NN.png</c> for each key slice.</summary>
    /// <returns>The files written.</returns>
    /// <exception cref="InvalidOperationException">No font is installed.</exception>
    public static IReadOnlyList<string> Write(string folder, HematomaFindings findings, Volume volume, Mask? hematoma)
    {
        string font = FontFiles.FirstOrDefault(File.Exists)
            ?? throw new InvalidOperationException($"no font for the pictures: none of {string.Join(", ", FontFiles)} is here. Remedy: apt-get install fonts-dejavu-core");
        using SKTypeface typeface = SKTypeface.FromFile(font);
        IReadOnlyList<int> slices = KeyImage.Choose(volume, hematoma);
        List<string> written = [];
        foreach (int slice in slices)
        {
            using SKBitmap picture = KeyImage.Draw(volume, hematoma, slice, 512);
            written.Add(Save(folder, $"slice-{slice + 1:D2}.png", picture));
        }

        using (SKBitmap page = new((int)(2 * Width), (int)(2 * Height)))
        {
            using SKCanvas canvas = new(page);
            canvas.Scale(2);
            Draw(canvas, typeface, findings, volume, hematoma, slices);
            canvas.Flush();
            written.Add(Save(folder, "report.png", page));
        }

        string pdf = Path.Combine(folder, "report.pdf");
        using (FileStream stream = File.Create(pdf))
        using (SKDocument document = SKDocument.CreatePdf(stream))
        {
            Draw(document.BeginPage(Width, Height), typeface, findings, volume, hematoma, slices);
            document.EndPage();
        }

        written.Add(pdf);
        return written;
    }

    private static string Save(string folder, string name, SKBitmap picture)
    {
        string path = Path.Combine(folder, name);
        using SKData data = picture.Encode(SKEncodedImageFormat.Png, 100);
        using FileStream stream = File.Create(path);
        data.SaveTo(stream);
        return path;
    }

    private static void Draw(SKCanvas canvas, SKTypeface typeface, HematomaFindings findings, Volume volume, Mask? hematoma, IReadOnlyList<int> slices)
    {
        Pen pen = new(canvas, typeface);
        canvas.Clear(SKColors.White);
        pen.Line("Early hematoma expansion: findings", 18);
        pen.Line($"Study {findings.StudyInstanceUid}", 7, SKColors.DimGray);
        foreach (string notice in Notices.Of(findings)) pen.Box(notice);
        pen.Gap(6);
        pen.Line(findings.Reason, 11);
        pen.Gap(8);

        float size = (Width - 2 * Margin - 20) / 3, x = Margin, lowest = pen.Y;
        foreach (int slice in slices)
        {
            using SKBitmap picture = KeyImage.Draw(volume, hematoma, slice, 340);
            using SKImage image = SKImage.FromBitmap(picture);
            float height = size * picture.Height / picture.Width;
            canvas.DrawImage(image, new SKRect(x, pen.Y, x + size, pen.Y + height), new SKSamplingOptions(SKFilterMode.Linear));
            pen.At(x, pen.Y + height + 10, $"slice {slice + 1} of {volume.Geometry.Slices}", 7, SKColors.DimGray);
            (x, lowest) = (x + size + 10, Math.Max(lowest, pen.Y + height + 16));
        }

        pen.Gap(lowest - pen.Y + 8);
        foreach (var (name, value) in Rows(findings)) pen.Row(name, value);
        pen.Gap(8);
        foreach (string warning in findings.Warnings.Take(8)) pen.Line("Note: " + warning, 7, SKColors.DimGray);
    }

    private static IEnumerable<(string Name, string Value)> Rows(HematomaFindings findings)
    {
        CultureInfo invariant = CultureInfo.InvariantCulture;
        if (findings.Segmentation is { } segmentation)
        {
            string interval = segmentation.VolumeIntervalMl is { } ml ? string.Create(invariant, $" ({ml.Low:F1} to {ml.High:F1} ml: {ml.Method})") : "";
            yield return ("Hematoma volume",
                string.Create(invariant, $"{segmentation.VolumesMl["hematoma"]:F1} ml{interval} in {segmentation.Components} region(s)"));
            foreach ((string key, double classMl) in segmentation.VolumesMl.Where(known => known.Key != HematomaSegmenter.Hematoma && known.Value > 0))
                yield return (ClassNames.Of(key), string.Create(invariant, $"{classMl:F1} ml"));
            if (segmentation.Abc2 is { } abc)
                yield return ("ABC/2, largest region", string.Create(invariant,
                    $"{abc.VolumeMl:F1} ml: A {abc.AMm:F0} x B {abc.BMm:F0} x C {abc.CMm:F0} mm, slice {abc.Slice + 1}"));
            if (segmentation.Location is { } location) yield return ("Location, from geometry alone", Place(location));
            if (segmentation.MidlineShift is { } shift) yield return ("Midline shift", Shift(shift));
            if (segmentation.MeanHounsfield is { } mean) yield return ("Mean attenuation", string.Create(invariant, $"{mean:F0} HU"));
        }

        foreach (SignFindings sign in findings.Signs)
            yield return (Codes.Sign(sign.Code).Name, string.Create(invariant, $"{sign.State}  (probability {sign.Probability:P0}, slice {sign.KeySlice + 1}){Contradicted(sign)}"));
        if (findings.Radscore is { } radscore) yield return ("Radscore", radscore.ToString("F2", invariant));
        if (findings.Nomogram is { } nomogram)
        {
            yield return ("Nomogram", string.Create(invariant, $"{nomogram.Points:F0} points, linear predictor {nomogram.LinearPredictor:F2}"));
            yield return ("Probability of early expansion", string.Create(invariant,
                $"{nomogram.Probability:P0}{Range(nomogram.ProbabilityRange)}, grade {nomogram.Grade}"));
            yield return ("Nomogram model", $"{nomogram.Model} {nomogram.Version} ({nomogram.IntendedUse}), sha256 {nomogram.Sha256[..12]}…");
        }

        if (findings.Segmentation is { } model)
            yield return ("Segmentation model", $"{model.Model} {model.Version} ({model.IntendedUse}), sha256 {model.Sha256[..12]}…, ran on {model.Device}");
        if (findings.Signs.Count > 0)
            yield return ("Sign classifier", $"{findings.Signs[0].Model} {findings.Signs[0].Version}, sha256 {findings.Signs[0].Sha256[..12]}…");
    }

    private static string Contradicted(SignFindings sign) => sign.Agreement == "disagree" ? $"; {sign.Rule!.State} by the rules: look" : "";

    private static string Place(LocationFindings location) =>
        $"side {location.Side}, site "
        + (location.Site == "indeterminate" ? location.Site : string.Create(CultureInfo.InvariantCulture, $"{location.Site} (reliability {location.SiteReliability:F1})"));

    private static string Shift(MidlineShiftFindings shift)
    {
        string doubts = shift.Doubts.Count > 0 ? ": " + string.Join(", ", shift.Doubts) : "";
        string reliability = string.Create(CultureInfo.InvariantCulture, $"(reliability {shift.Reliability:F1}{doubts})");
        return shift.Mm is not { } mm
            ? $"not measurable {reliability}"
            : string.Create(CultureInfo.InvariantCulture, $"{mm:F0} mm{(shift.Towards == "none" ? "" : $" to the {shift.Towards}")}, slice {shift.Slice + 1} {reliability}");
    }

    /// <summary>How far the probability could lie apart for what is not known; nothing when all is known.</summary>
    private static string Range(IReadOnlyList<double> range) =>
        range[1] - range[0] < 0.005 ? "" : string.Create(CultureInfo.InvariantCulture, $" (range {range[0]:P0} to {range[1]:P0})");

    /// <summary>A cursor that writes lines down the page.</summary>
    private sealed class Pen(SKCanvas canvas, SKTypeface typeface)
    {
        public float Y { get; private set; } = Margin;

        public void Gap(float points) => Y += points;

        public void At(float x, float y, string text, float size, SKColor color)
        {
            using SKFont font = new(typeface, size);
            using SKPaint paint = new() { Color = color, IsAntialias = true };
            canvas.DrawText(text, x, y, SKTextAlign.Left, font, paint);
        }

        /// <summary>A paragraph, wrapped at the margins.</summary>
        public void Line(string text, float size, SKColor? color = null)
        {
            foreach (string line in Wrap(text, size, Width - 2 * Margin))
            {
                Y += size * 1.35f;
                At(Margin, Y, line, size, color ?? SKColors.Black);
            }
        }

        public void Row(string name, string value)
        {
            At(Margin, Y + 14, name, 9, SKColors.DimGray);
            foreach (string line in Wrap(value, 9, Width - 2 * Margin - 160))
            {
                Y += 14;
                At(Margin + 160, Y, line, 9, SKColors.Black);
            }
        }

        public void Box(string text)
        {
            string[] lines = [.. Wrap(text, 9, Width - 2 * Margin - 16)];
            using SKPaint fill = new() { Color = new SKColor(255, 240, 205) };
            canvas.DrawRect(Margin, Y + 6, Width - 2 * Margin, lines.Length * 13 + 8, fill);
            Y += 8;
            foreach (string line in lines)
            {
                Y += 13;
                At(Margin + 8, Y, line, 9, SKColors.Black);
            }

            Y += 8;
        }

        private IEnumerable<string> Wrap(string text, float size, float width)
        {
            using SKFont font = new(typeface, size);
            string line = "";
            foreach (string word in text.Split(' '))
            {
                string longer = line.Length == 0 ? word : line + " " + word;
                if (line.Length > 0 && font.MeasureText(longer) > width)
                {
                    yield return line;
                    longer = word;
                }

                line = longer;
            }

            yield return line;
        }
    }
}
