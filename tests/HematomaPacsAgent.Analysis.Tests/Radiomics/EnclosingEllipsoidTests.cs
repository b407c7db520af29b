using HematomaPacsAgent.Analysis.Radiomics;
using HematomaPacsAgent.Analysis.Radiomics.Features;

namespace HematomaPacsAgent.Analysis.Tests.Radiomics;

public sealed class EnclosingEllipsoidTests
{
    /// <summary>The surface of two voxels at the far corners of a CT: four hundred times as long as wide, along no axis.</summary>
    [Fact]
    public void Two_far_voxels_are_enclosed_like_two_near_ones()
    {
        double far = Volume(230, 120, 310), near = Volume(23, 12, 31);
        // Stretching along the line between them stretches the ellipsoid with it, nearly ten times here.
        Assert.InRange(far / near, 9, 10.1);

        static double Volume(double x, double y, double z)
        {
            (double, double, double)[] points = [.. Octahedron(0, 0, 0).Concat(Octahedron(x, y, z))];
            return EnclosingEllipsoid.Around(points, TestContext.Current.CancellationToken).EllipsoidVolumeMm3;
        }
    }

    [Fact]
    public void Points_in_a_plane_have_none() =>
        Assert.Contains("one plane", Assert.Throws<RadiomicsException>(() => EnclosingEllipsoid.Around([(0, 0, 1), (1, 0, 1), (0, 1, 1), (3, 2, 1)],
            TestContext.Current.CancellationToken)).Message, StringComparison.Ordinal);

    private static (double, double, double)[] Octahedron(double x, double y, double z) =>
        [(x - 0.25, y, z), (x + 0.25, y, z), (x, y - 0.25, z), (x, y + 0.25, z), (x, y, z - 0.5), (x, y, z + 0.5)];
}
