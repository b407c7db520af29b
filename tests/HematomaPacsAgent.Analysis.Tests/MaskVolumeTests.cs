using System.Numerics;

namespace HematomaPacsAgent.Analysis.Tests;

/// <summary>Bodies of known volume, voxelised by their voxels' middles into grids as scanners make them.</summary>
public sealed class MaskVolumeTests
{
    [Theory]
    [InlineData(0, 0.5, 0.5, "5")]
    [InlineData(18.5, 0.5, 0.5, "5")]
    [InlineData(27, 0.35, 0.9, "2.5")]
    [InlineData(0, 0.45, 0.45, "4 to 7")]
    [InlineData(22, 0.4, 0.6, "4 to 7")]
    [InlineData(12, 0.5, 0.5, "2 and 3 by turns")]
    public void A_sphere_and_an_ellipsoid_keep_their_volume_within_two_percent(double tiltDegrees, double columnMm, double rowMm, string spacing)
    {
        VolumeGeometry grid = Grid(tiltDegrees, columnMm, rowMm, spacing);
        foreach (Vector3 radii in (Vector3[])[new(22, 22, 22), new(17, 26, 20), new(30, 14, 24)])
            foreach (Vector3 centre in (Vector3[])[new(0.2f, -0.1f, 0.4f), new(6.3f, -9.8f, 2.7f), new(-11, 4.4f, -3.6f)])
            {
                double truthMl = 4.0 / 3 * Math.PI * radii.X * radii.Y * radii.Z / 1000;
                double measuredMl = Voxelised(grid, centre, radii).VolumeMl;
                Assert.True(Math.Abs(measuredMl / truthMl - 1) < 0.02, FormattableString.Invariant(
                    $"{radii} at {centre}: {measuredMl:F2} ml measured, {truthMl:F2} ml in truth ({100 * (measuredMl / truthMl - 1):F2} %)"));
            }
    }

    [Fact]
    public void A_volume_counts_the_same_however_its_slices_lie()
    {
        VolumeGeometry grid = Grid(18, 0.8, 1.1, "4 to 7");
        Mask ball = Voxelised(grid, Vector3.Zero, new Vector3(20, 20, 20));
        Volume volume = new(grid, Array.ConvertAll(ball.Voxels, set => (short)(set ? 1 : 0)));
        foreach (Orientations way in Orientations.All)
        {
            Volume turned = way.Of(volume);
            Assert.Equal(ball.VolumeMl, new Mask(turned.Geometry, Array.ConvertAll(turned.Hounsfield, value => value == 1)).VolumeMl, 3);
        }
    }

    private static Mask Voxelised(VolumeGeometry grid, Vector3 centre, Vector3 radii)
    {
        Mask mask = new(grid);
        for (int slice = 0, i = 0; slice < grid.Slices; slice++)
            for (int row = 0; row < grid.Rows; row++)
                for (int column = 0; column < grid.Columns; column++, i++)
                    mask.Voxels[i] = ((grid.ToPatient(column, row, slice) - centre) / radii).LengthSquared() < 1;
        return mask;
    }

    /// <summary>A stack around the origin, wide enough for every body here. The table moves along z, whatever the tilt.</summary>
    private static VolumeGeometry Grid(double tiltDegrees, double columnMm, double rowMm, string spacing)
    {
        float tilt = (float)(tiltDegrees * Math.PI / 180);
        Vector3 column = new(0, MathF.Cos(tilt), -MathF.Sin(tilt));
        List<float> along = [-48];
        while (along[^1] < 48)
            along.Add(along[^1] + spacing switch
            {
                "4 to 7" => along[^1] < 0 ? 4 : 7,
                "2 and 3 by turns" => along.Count % 2 == 0 ? 2 : 3,
                _ => float.Parse(spacing, System.Globalization.CultureInfo.InvariantCulture),
            });
        int columns = (int)(90 / columnMm), rows = (int)(100 / rowMm);
        return new VolumeGeometry(columns, rows, Vector3.UnitX, column, columnMm, rowMm,
            [.. along.Select(z => new Vector3(-45, 0, z / MathF.Cos(tilt)) - column * 50)], 5);
    }
}
