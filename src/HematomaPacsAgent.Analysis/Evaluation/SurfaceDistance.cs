using System.Numerics;

namespace HematomaPacsAgent.Analysis.Evaluation;

/// <summary>How far the surfaces of two masks lie apart.</summary>
public static class SurfaceDistance
{
    /// <summary>
    /// The 95 % Hausdorff distance, mm: of each surface voxel of one mask the distance to the nearest surface voxel of the other; the larger of the
    /// two 95th percentiles. Surface: a voxel of the mask with one of its six neighbours outside it (or outside the image). Voxels lie where they
    /// lie in the patient, so uneven slices and gantry tilt count as they are.
    /// </summary>
    /// <returns>Null where a mask is empty: there is no distance to nothing.</returns>
    /// <exception cref="ArgumentException">The masks lie on different grids.</exception>
    public static double? Hausdorff95Mm(Mask truth, Mask found)
    {
        Overlap.CheckGrids(truth, found);
        Vector3[] a = [.. Surface(truth)], b = [.. Surface(found)];
        if (a.Length == 0 || b.Length == 0) return null;
        return Math.Max(Directed95(a, new PointTree(b)), Directed95(b, new PointTree(a)));
    }

    private static double Directed95(Vector3[] from, PointTree to)
    {
        double[] distances = new double[from.Length];
        Parallel.For(0, from.Length, i => distances[i] = to.Distance(from[i]));
        Array.Sort(distances);
        return Distribution.Quantile(distances, 0.95);
    }

    private static IEnumerable<Vector3> Surface(Mask mask)
    {
        VolumeGeometry g = mask.Geometry;
        int columns = g.Columns, pixels = g.PixelsPerSlice;
        bool[] set = mask.Voxels;
        for (int slice = 0, i = 0; slice < g.Slices; slice++)
            for (int row = 0; row < g.Rows; row++)
                for (int column = 0; column < columns; column++, i++)
                {
                    if (!set[i]) continue;
                    bool inside = column > 0 && set[i - 1] && column < columns - 1 && set[i + 1]
                        && row > 0 && set[i - columns] && row < g.Rows - 1 && set[i + columns]
                        && slice > 0 && set[i - pixels] && slice < g.Slices - 1 && set[i + pixels];
                    if (!inside) yield return g.ToPatient(column, row, slice);
                }
    }
}
