namespace HematomaPacsAgent.Analysis.Radiomics.Features;

/// <summary>
/// One pass over the voxels of a region and their neighbours counts what three families need: co-occurrences, dependences, and differences
/// from the neighbourhood's mean. Ranks are indices into <see cref="DiscretisedRoi.Levels"/>, plus 1; 0 is outside.
/// </summary>
internal sealed class NeighbourCounts
{
    private const int Stretch = 1 << 10;

    private readonly int width;
    private readonly int[]? pairs;
    private readonly int[] dependences;

    private NeighbourCounts(int levels, int directions, bool countPairs)
    {
        (width, Directions) = (levels + 1, directions);
        pairs = countPairs ? new int[checked(directions * width * width)] : null;
        (dependences, WithNeighbours, Differences) = (new int[checked(levels * (2 * directions + 1))], new int[levels], new double[levels]);
    }

    public int Directions { get; }

    /// <summary>Voxels of each level that have a neighbour at all.</summary>
    public int[] WithNeighbours { get; }

    /// <summary>Sum over the voxels of each level of |level - mean level of the neighbours|.</summary>
    public double[] Differences { get; }

    /// <summary>Voxels that were looked at.</summary>
    public int Voxels { get; private set; }

    /// <summary>Bytes that co-occurrences of a region take, for one part (slice or volume).</summary>
    public static long PairBytes(DiscretisedRoi roi, int directions) => (long)(roi.Levels.Length + 1) * (roi.Levels.Length + 1) * directions * sizeof(int);

    /// <summary>Bytes that the dependences of a region take, for one part (slice or volume): levels times neighbours.</summary>
    public static long DependenceBytes(DiscretisedRoi roi, int directions) => (long)roi.Levels.Length * (2 * directions + 1) * sizeof(int);

    /// <param name="roi">The region.</param>
    /// <param name="part">Which of its positions.</param>
    /// <param name="offsets">One of each pair of opposite directions.</param>
    /// <param name="alpha">Largest difference of levels between dependent neighbours.</param>
    /// <param name="countPairs">Whether co-occurrences are counted; they take <see cref="PairBytes"/>.</param>
    /// <param name="cancellation">Ends the count.</param>
    public static NeighbourCounts Of(DiscretisedRoi roi, Range part, ReadOnlySpan<Offset> offsets, int alpha, bool countPairs, CancellationToken cancellation)
    {
        NeighbourCounts counts = new(roi.Levels.Length, offsets.Length, countPairs);
        int[] steps = new int[offsets.Length], levels = [0, .. roi.Levels];
        for (int d = 0; d < steps.Length; d++) steps[d] = offsets[d].In(roi);
        ReadOnlySpan<int> positions = roi.Positions.AsSpan(part);
        counts.Voxels = positions.Length;
        // A stretch of a thousand voxels, whatever the distances: 10 to each side are 9260 neighbours a voxel.
        for (int from = 0; from < positions.Length; from += Stretch)
        {
            cancellation.ThrowIfCancellationRequested();
            ReadOnlySpan<int> stretch = positions.Slice(from, Math.Min(Stretch, positions.Length - from));
            if (alpha == 0 && counts.pairs is not null) counts.CountEqual(roi.Grid, stretch, steps, levels);
            else counts.CountSimilar(roi.Grid, stretch, steps, levels, alpha);
        }

        return counts;
    }

    /// <summary>How often rank j follows rank i in a direction.</summary>
    public int Pairs(int direction, int i, int j) => pairs![(direction * width + i + 1) * width + j + 1];

    /// <summary>Voxels of a rank with so many dependent neighbours.</summary>
    public int Dependent(int rank, int neighbours) => dependences[rank * (2 * Directions + 1) + neighbours];

    /// <summary>The usual case, without a branch in the inner loop: column 0 of each matrix takes the neighbours outside.</summary>
    private void CountEqual(int[] grid, ReadOnlySpan<int> positions, int[] steps, int[] levels)
    {
        int size = width * width;
        foreach (int position in positions)
        {
            int centre = grid[position], sum = 0, outside = 0, equal = 0, row = centre * width;
            foreach (int step in steps)
            {
                int after = grid[position + step], before = grid[position - step];
                pairs![row + after]++;
                row += size;
                sum += levels[after] + levels[before];
                outside += (after == 0 ? 1 : 0) + (before == 0 ? 1 : 0);
                equal += (after == centre ? 1 : 0) + (before == centre ? 1 : 0);
            }

            Add(centre - 1, levels[centre], sum, 2 * steps.Length - outside, equal);
        }
    }

    private void CountSimilar(int[] grid, ReadOnlySpan<int> positions, int[] steps, int[] levels, int alpha)
    {
        foreach (int position in positions)
        {
            int centre = grid[position], level = levels[centre], inside = 0, similar = 0;
            long sum = 0;
            for (int d = 0; d < steps.Length; d++)
            {
                int after = grid[position + steps[d]], before = grid[position - steps[d]];
                if (pairs is not null) pairs[(d * width + centre) * width + after]++;
                sum += levels[after] + levels[before];
                if (after > 0) (inside, similar) = (inside + 1, similar + (Math.Abs(levels[after] - level) <= alpha ? 1 : 0));
                if (before > 0) (inside, similar) = (inside + 1, similar + (Math.Abs(levels[before] - level) <= alpha ? 1 : 0));
            }

            Add(centre - 1, level, sum, inside, similar);
        }
    }

    private void Add(int rank, int level, long sum, int neighbours, int dependent)
    {
        dependences[rank * (2 * Directions + 1) + dependent]++;
        if (neighbours == 0) return;
        WithNeighbours[rank]++;
        Differences[rank] += Math.Abs(level - (double)sum / neighbours);
    }
}
