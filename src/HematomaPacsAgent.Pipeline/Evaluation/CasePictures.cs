using HematomaPacsAgent.Analysis;
using HematomaPacsAgent.Pipeline.Findings;
using SkiaSharp;

namespace HematomaPacsAgent.Pipeline.Evaluation;

/// <summary>A slice with the truth outlined in blue and the model's hematoma in orange (apart for colour-blind readers too), brain window.</summary>
/// <param name="Name">The case.</param>
/// <param name="Figures">What stands below it.</param>
/// <param name="Png">The picture.</param>
public sealed record CasePicture(string Name, string Figures, byte[] Png)
{
    private const int WidthPixels = 320;
    private static readonly SKColor TruthColor = new(86, 180, 233), FoundColor = new(255, 140, 0);

    /// <summary>Draws the slice of the largest true area; without truth that of the largest area found, else the middle.</summary>
    public static CasePicture Of(string name, string figures, Volume volume, Mask truth, Mask found)
    {
        int slice = !truth.IsEmpty ? truth.LargestSlice : !found.IsEmpty ? found.LargestSlice : volume.Geometry.Slices / 2;
        using SKBitmap bitmap = KeyImage.Draw(volume, [(truth, TruthColor), (found, FoundColor)], slice, WidthPixels);
        using SKData data = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return new CasePicture(name, $"{figures} (slice {slice + 1})", data.ToArray());
    }
}

/// <summary>Keeps the pictures of the worst cases of any number; others are not even drawn.</summary>
public sealed class WorstPictures(int keep)
{
    private readonly List<(double Badness, CasePicture Picture)> kept = [];

    /// <summary>Worst first.</summary>
    public IReadOnlyList<CasePicture> Pictures => [.. kept.Select(one => one.Picture)];

    public void Offer(double badness, Func<CasePicture> draw)
    {
        if (kept.Count == keep && badness <= kept[^1].Badness) return;
        int place = kept.FindIndex(one => one.Badness < badness);
        kept.Insert(place < 0 ? kept.Count : place, (badness, draw()));
        if (kept.Count > keep) kept.RemoveAt(keep);
    }
}

/// <summary>Keeps evenly spread cases of any number, so that at the end, when the median is known, some near it can be shown.</summary>
public sealed class TypicalPictures
{
    private const int Most = 48;

    private readonly List<(int Number, double Value, CasePicture Picture)> kept = [];
    private int offered, every = 1;

    public void Offer(double value, Func<CasePicture> draw)
    {
        int number = offered++;
        if (number % every != 0) return;
        kept.Add((number, value, draw()));
        if (kept.Count <= Most) return;
        every *= 2;
        kept.RemoveAll(one => one.Number % every != 0);
    }

    public IReadOnlyList<CasePicture> Nearest(double value, int count) =>
        [.. kept.OrderBy(one => Math.Abs(one.Value - value)).Take(count).Select(one => one.Picture)];
}
