namespace HematomaPacsAgent.Analysis.Radiomics.Features;

/// <summary>
/// Zones of a discretised region: voxels of one level that hang together (26 neighbours, 8 in a slice). Each is counted by its size and by
/// its distance from the region's edge.
/// </summary>
internal static class Zones
{
    /// <summary>One zone may be all of a large region, and many may be of one voxel: both look up now and then.</summary>
    private const int Often = 0xFFF;

    /// <summary>Matrices of zone sizes (GLSZM) for each part: slices, or the whole region.</summary>
    public static IReadOnlyList<LevelSizeMatrix> Sizes(DiscretisedRoi roi, Plane plane, bool slices, CancellationToken cancellation) =>
        Count(roi, plane, slices, null, cancellation);

    /// <summary>Matrices of zone distances (GLDZM) for each part. A zone's distance is that of its voxel nearest to the edge.</summary>
    public static IReadOnlyList<LevelSizeMatrix> Distances(DiscretisedRoi roi, bool slices, CancellationToken cancellation) =>
        Count(roi, slices ? Plane.Axial : Plane.Volume, slices, EdgeDistances(roi, slices), cancellation);

    private static List<LevelSizeMatrix> Count(DiscretisedRoi roi, Plane plane, bool slices, int[]? distances, CancellationToken cancellation)
    {
        Offset[] half = Offset.Half([1], plane);
        int[] steps = [.. half.Select(offset => offset.In(roi)), .. half.Select(offset => -offset.In(roi))];
        var grid = (int[])roi.Grid.Clone();
        var stack = new int[roi.Positions.Length];
        LevelSizeMatrix.Counter zones = new(roi);
        List<LevelSizeMatrix> matrices = [];
        foreach (Range part in roi.Parts(slices))
        {
            cancellation.ThrowIfCancellationRequested();
            ReadOnlySpan<int> positions = roi.Positions.AsSpan(part);
            foreach (int seed in positions)
            {
                if ((seed & Often) == 0) cancellation.ThrowIfCancellationRequested();
                int rank = grid[seed];
                if (rank == 0) continue;
                int size = 0, distance = int.MaxValue, waiting = 1;
                (stack[0], grid[seed]) = (seed, 0);
                while (waiting > 0)
                {
                    int position = stack[--waiting];
                    if ((++size & Often) == 0) cancellation.ThrowIfCancellationRequested();
                    if (distances is not null) distance = Math.Min(distance, distances[position]);
                    foreach (int step in steps)
                        if (grid[position + step] == rank) (stack[waiting++], grid[position + step]) = (position + step, 0);
                }

                zones.Add(rank - 1, distances is null ? size : distance);
            }

            matrices.Add(zones.Take(positions.Length));
        }

        return matrices;
    }

    /// <summary>
    /// City-block distance of each voxel of the morphological mask from the nearest voxel outside it (1 at the edge), within its slice or in
    /// the volume. A pass forward and one backward are exact for this metric.
    /// </summary>
    private static int[] EdgeDistances(DiscretisedRoi roi, bool slices)
    {
        var distances = new int[roi.Grid.Length];
        ReadOnlySpan<bool> inside = roi.Roi.Morphology;
        int sizeX = roi.Roi.SizeX, sizeY = roi.Roi.SizeY, sizeZ = roi.Roi.SizeZ;
        int[] steps = slices ? [1, roi.StrideY] : [1, roi.StrideY, roi.StrideZ];
        for (int z = 0, source = 0; z < sizeZ; z++)
            for (int y = 0; y < sizeY; y++)
                for (int x = 0, at = roi.PositionOf(0, y, z); x < sizeX; x++, at++)
                    if (inside[source++]) distances[at] = 1 + Nearest(at, -1);
        for (int z = sizeZ - 1, source = inside.Length - 1; z >= 0; z--)
            for (int y = sizeY - 1; y >= 0; y--)
                for (int x = sizeX - 1, at = roi.PositionOf(x, y, z); x >= 0; x--, at--)
                    if (inside[source--]) distances[at] = Math.Min(distances[at], 1 + Nearest(at, 1));
        return distances;

        int Nearest(int at, int way)
        {
            int nearest = int.MaxValue;
            foreach (int step in steps) nearest = Math.Min(nearest, distances[at + way * step]);
            return nearest;
        }
    }
}
