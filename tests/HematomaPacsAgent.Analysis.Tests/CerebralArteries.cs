using System.Numerics;

namespace HematomaPacsAgent.Analysis.Tests;

/// <summary>The large arteries of the brain drawn into a head phantom, as contrast shows them. A drawing, no patient: no angiography is at hand.</summary>
public static class CerebralArteries
{
    // LPS mm from the middle of the head: basilar and posterior cerebral arteries, anterior cerebral arteries, and on each side the middle one.
    private static readonly Vector3[][] Courses =
    [
        [new(0, 22, -34), new(0, 8, -12)],
        [new(0, 8, -12), new(25, 42, -2), new(20, 60, 12)],
        [new(0, 8, -12), new(-25, 42, -2), new(-20, 60, 12)],
        [new(0, -8, -10), new(3, -50, 12), new(3, -30, 50), new(4, 20, 58)],
        [new(0, -8, -10), new(45, -2, 0), new(50, 12, 30), new(42, 40, 38)],
        [new(0, -8, -10), new(-45, -2, 0), new(-50, 12, 30), new(-42, 40, 38)],
        [new(45, -2, 0), new(46, -20, 28)],
        [new(-45, -2, 0), new(-46, -20, 28)],
    ];

    /// <summary>A copy of the head with its arteries at a density.</summary>
    public static Volume Opacify(Volume head, short hounsfield)
    {
        short[] voxels = [.. head.Hounsfield];
        foreach (Vector3[] course in Courses)
            for (int i = 1; i < course.Length; i++)
                Paint(head.Geometry, voxels, course[i - 1], course[i], 2.2f, hounsfield);
        return new Volume(head.Geometry, voxels);
    }

    /// <summary>Fills a tube with round ends.</summary>
    public static void Paint(VolumeGeometry geometry, short[] voxels, Vector3 from, Vector3 to, float radiusMm, short hounsfield)
    {
        Vector3 way = to - from;
        Parallel.For(0, geometry.Slices, slice =>
        {
            for (int row = 0, i = slice * geometry.PixelsPerSlice; row < geometry.Rows; row++)
                for (int column = 0; column < geometry.Columns; column++, i++)
                {
                    Vector3 at = geometry.ToPatient(column, row, slice);
                    float along = Math.Clamp(Vector3.Dot(at - from, way) / way.LengthSquared(), 0, 1);
                    if (Vector3.DistanceSquared(at, from + along * way) < radiusMm * radiusMm) voxels[i] = hounsfield;
                }
        });
    }
}
