using System.Numerics;
using System.Text.Json;
using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.Analysis.Tests.Evaluation;

/// <summary>What tests/golden/evaluation/make.py made with numpy and scipy, and grids and masks for tests.</summary>
internal static class Goldens
{
    public static JsonElement Read(string name) =>
        JsonDocument.Parse(File.ReadAllText(Path.Combine(SharedFiles.Repository, "tests", "golden", "evaluation", name))).RootElement;

    public static double[] Numbers(this JsonElement element, string key) => [.. element.GetProperty(key).EnumerateArray().Select(value => value.GetDouble())];

    public static double Number(this JsonElement element, string key) => element.GetProperty(key).GetDouble();

    public static VolumeGeometry Grid(int columns, int rows, int slices, double sliceMm = 5, double pixelMm = 1) => new(columns, rows, Vector3.UnitX,
        Vector3.UnitY, pixelMm, pixelMm, [.. Enumerable.Range(0, slices).Select(k => new Vector3(0, 0, (float)(k * sliceMm)))], sliceMm);

    /// <summary>A box of set voxels; ends outside.</summary>
    public static Mask Box(VolumeGeometry g, (int From, int To) columns, (int From, int To) rows, (int From, int To) slices)
    {
        Mask mask = new(g);
        for (int slice = slices.From; slice < slices.To; slice++)
            for (int row = rows.From; row < rows.To; row++)
                for (int column = columns.From; column < columns.To; column++)
                    mask.Voxels[(slice * g.Rows + row) * g.Columns + column] = true;
        return mask;
    }

    /// <summary>The ellipsoid of make.py, in whole numbers; z, y, x.</summary>
    public static Mask Ellipsoid(VolumeGeometry g, int[] centre, int[] radii)
    {
        Mask mask = new(g);
        (long rz, long ry, long rx) = (radii[0], radii[1], radii[2]);
        for (int z = 0, i = 0; z < g.Slices; z++)
            for (int y = 0; y < g.Rows; y++)
                for (int x = 0; x < g.Columns; x++, i++)
                {
                    long a = (x - centre[2]) * ry * rz, b = (y - centre[1]) * rx * rz, c = (z - centre[0]) * rx * ry;
                    mask.Voxels[i] = a * a + b * b + c * c <= rx * ry * rz * (rx * ry * rz);
                }

        return mask;
    }
}
