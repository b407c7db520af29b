namespace HematomaPacsAgent.Analysis.Models.Engine;

/// <summary>Where patches begin along an axis. A patch longer than the image begins before it: the image lies in its middle, the odd voxel after it.</summary>
internal static class Tiling
{
    public static int[] Starts(int size, int patch, double overlap, TilingRule rule)
    {
        int missing = Math.Max(0, patch - size), before = missing / 2, padded = size + missing;
        int[] starts = rule == TilingRule.NnUnet ? NnUnet(padded, patch, overlap) : Monai(padded, patch, overlap);
        return [.. starts.Select(start => start - before)];
    }

    /// <summary>Steps of at most patch x (1 - overlap), spread evenly; halves are rounded to even, as numpy does.</summary>
    private static int[] NnUnet(int size, int patch, double overlap)
    {
        double wanted = patch * Math.Round(1 - overlap, 12);
        int count = (int)Math.Ceiling((size - patch) / wanted) + 1;
        double step = count > 1 ? (double)(size - patch) / (count - 1) : 0;
        return [.. Enumerable.Range(0, count).Select(i => (int)Math.Round(step * i))];
    }

    /// <summary>MONAI's dense_patch_slices: steps of int(patch x (1 - overlap)), at least 1, until the end is reached; the last moves back inside.</summary>
    private static int[] Monai(int size, int patch, double overlap)
    {
        int step = patch == size ? patch : Math.Max(1, (int)(patch * (1 - overlap)));
        List<int> starts = [0];
        while (starts[^1] + patch < size) starts.Add(Math.Min(starts.Count * step, size - patch));
        return [.. starts];
    }
}
