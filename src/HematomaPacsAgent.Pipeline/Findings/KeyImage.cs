using HematomaPacsAgent.Analysis;
using SkiaSharp;

namespace HematomaPacsAgent.Pipeline.Findings;

/// <summary>One CT slice as a reader sees it (brain window, level 40 HU, width 80 HU) with the hematoma outlined.</summary>
internal static class KeyImage
{
    private const double WindowLow = 0, WindowHigh = 80;

    // Orange stands out on grey for colour-blind readers too, and stays brighter than the brain on a grey screen.
    private static readonly SKColor OutlineColor = new(255, 140, 0);

    /// <summary>The slices that tell most: the largest, and those halfway to either end of the hematoma; without one, three slices through the middle.</summary>
    public static IReadOnlyList<int> Choose(Volume volume, Mask? hematoma)
    {
        int slices = volume.Geometry.Slices;
        if (hematoma is null || hematoma.IsEmpty) return [.. new[] { slices / 3, slices / 2, slices * 2 / 3 }.Distinct()];
        int largest = hematoma.LargestSlice;
        int[] inside = [.. Enumerable.Range(0, slices).Where(slice => hematoma.CountIn(slice) > 0)];
        return [.. new[] { (inside[0] + largest) / 2, largest, (inside[^1] + largest + 1) / 2 }.Where(slice => hematoma.CountIn(slice) > 0).Distinct()];
    }

    /// <summary>Draws a slice; pixels are square, so the picture's height follows the pixel spacing.</summary>
    /// <param name="volume">The CT.</param>
    /// <param name="hematoma">Outlined where it reaches into the slice; null draws none.</param>
    /// <param name="slice">Index from the inferior end.</param>
    /// <param name="widthPixels">Width of the picture.</param>
    public static SKBitmap Draw(Volume volume, Mask? hematoma, int slice, int widthPixels) =>
        Draw(volume, hematoma is null ? [] : [(hematoma, OutlineColor)], slice, widthPixels);

    /// <summary>Draws a slice with several masks outlined, the last on top.</summary>
    public static SKBitmap Draw(Volume volume, IReadOnlyList<(Mask Mask, SKColor Color)> outlined, int slice, int widthPixels)
    {
        VolumeGeometry geometry = volume.Geometry;
        int height = (int)Math.Round(widthPixels * geometry.Rows * geometry.RowSpacingMm / (geometry.Columns * geometry.ColumnSpacingMm));
        using SKBitmap grey = new(geometry.Columns, geometry.Rows, SKColorType.Gray8, SKAlphaType.Opaque);
        Span<byte> pixels = grey.GetPixelSpan();
        ReadOnlySpan<short> hounsfield = volume.Slice(slice);
        for (int row = 0; row < geometry.Rows; row++)
            for (int column = 0; column < geometry.Columns; column++)
                pixels[row * grey.RowBytes + column] =
                    (byte)Math.Clamp((hounsfield[row * geometry.Columns + column] - WindowLow) * 255 / (WindowHigh - WindowLow), 0, 255);

        SKBitmap picture = new(widthPixels, height);
        using SKCanvas canvas = new(picture);
        using (SKImage image = SKImage.FromBitmap(grey))
            canvas.DrawImage(image, new SKRect(0, 0, widthPixels, height), new SKSamplingOptions(SKFilterMode.Linear));
        canvas.Scale((float)widthPixels / geometry.Columns, (float)height / geometry.Rows);
        foreach ((Mask mask, SKColor color) in outlined)
        {
            using SKPaint pen = new() { Color = color, Style = SKPaintStyle.Stroke, StrokeWidth = 1.6f * geometry.Columns / widthPixels, IsAntialias = true };
            foreach (var outline in MaskOutline.Trace(mask.Slice(slice), geometry.Columns))
                canvas.DrawPoints(SKPointMode.Polygon, [.. outline.Append(outline[0]).Select(point => new SKPoint(point.Column, point.Row))], pen);
        }

        return picture;
    }
}
