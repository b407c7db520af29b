using System.Globalization;
using CsCheck;
using HematomaPacsAgent.Analysis.Radiomics;
using HematomaPacsAgent.Analysis.Radiomics.Parameters;
using HematomaPacsAgent.Analysis.Radiomics.Preprocessing;
using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.Analysis.Tests.Radiomics.Preprocessing;

public sealed class DiagnosticsTests
{
    [Theory]
    [InlineData("ich5")]
    [InlineData("brain1")]
    public void Diagnostics_are_those_of_PyRadiomics(string name)
    {
        var oracle = File.ReadLines(SharedFiles.Data($"radiomics/pyradiomics-oracle/oracle_{name}_original_bw25.csv")).Select(line => line.Split(',', 2))
            .Where(cells => cells[0].StartsWith("diagnostics_", StringComparison.Ordinal))
            .ToDictionary(cells => cells[0]["diagnostics_".Length..], cells => cells[1]);
        (ScalarImage image, bool[] mask) = name == "ich5" ? ReferenceImages.Ich5() : ReferenceImages.Brain1();
        ImageDiagnostics whole = ImageDiagnostics.Of(image);
        RegionDiagnostics roi = RegionDiagnostics.Of(image, mask);
        ImageGrid grid = whole.Grid;
        Box box = roi.BoundingBox;

        Expect("Image-original_Size", grid.SizeX, grid.SizeY, grid.SizeZ);
        Expect("Image-original_Spacing", grid.SpacingXMm, grid.SpacingYMm, grid.SpacingZMm);
        Expect("Image-original_Mean", whole.Mean);
        Expect("Image-original_Minimum", whole.Minimum);
        Expect("Image-original_Maximum", whole.Maximum);
        Expect("Mask-original_BoundingBox", box.X, box.Y, box.Z, box.SizeX, box.SizeY, box.SizeZ);
        Expect("Mask-original_VoxelNum", roi.VoxelCount);
        Expect("Mask-original_VolumeNum", roi.ComponentCount);
        Expect("Mask-original_CenterOfMassIndex", roi.CentreIndex.X, roi.CentreIndex.Y, roi.CentreIndex.Z);
        Expect("Mask-original_CenterOfMass", roi.CentreMm.X, roi.CentreMm.Y, roi.CentreMm.Z);

        void Expect(string column, params double[] values)
        {
            double[] expected = [.. oracle[column].Trim('"', '(', ')').Split(',').Select(cell => double.Parse(cell, CultureInfo.InvariantCulture))];
            Assert.Equal(expected.Length, values.Length);
            for (int i = 0; i < values.Length; i++)
                Assert.True(Math.Abs(expected[i] - values[i]) <= 1e-12 * Math.Abs(expected[i]), $"{column}: {values[i]:R}, PyRadiomics {expected[i]:R}");
        }
    }

    [Fact]
    public void Parts_are_counted_as_a_flood_fill_counts_them() =>
        Gen.Select(Gen.Int[1, 9], Gen.Int[1, 9], Gen.Int[1, 9], Gen.Double[0.02, 0.6], Gen.Int[0, 1 << 20]).Sample((sx, sy, sz, chance, seed) =>
        {
            Random random = new(seed);
            ImageGrid grid = new(sx, sy, sz, 1, 1, 1);
            bool[] mask = SmallImage.Mask(grid, (x, y, z) => random.NextDouble() < chance);
            if (!mask.Contains(true)) mask[0] = true;
            ScalarImage image = SmallImage.Of(grid, (x, y, z) => random.Next(100));
            RegionDiagnostics found = RegionDiagnostics.Of(image, mask);
            Assert.Equal(Flooded(mask, sx, sy, sz), found.ComponentCount);
            double[] inside = [.. image.Voxels.Where((_, i) => mask[i])];
            Assert.Equal((inside.Length, inside.Min(), inside.Max()), (found.VoxelCount, found.Minimum, found.Maximum));
            Assert.Equal(inside.Average(), found.Mean, 1e-9);
            Assert.Equal(Enumerable.Range(0, mask.Length).Where(i => mask[i]).Average(i => i / sx % sy), found.CentreIndex.Y, 1e-9);
        });

    private static int Flooded(bool[] mask, int sx, int sy, int sz)
    {
        bool[] left = [.. mask];
        int parts = 0;
        Stack<int> open = [];
        for (int seed = 0; seed < left.Length; seed++)
        {
            if (!left[seed]) continue;
            parts++;
            open.Push(seed);
            left[seed] = false;
            while (open.TryPop(out int at))
                for (int z = Math.Max(0, at / sx / sy - 1); z <= Math.Min(sz - 1, at / sx / sy + 1); z++)
                    for (int y = Math.Max(0, at / sx % sy - 1); y <= Math.Min(sy - 1, at / sx % sy + 1); y++)
                        for (int x = Math.Max(0, at % sx - 1); x <= Math.Min(sx - 1, at % sx + 1); x++)
                        {
                            int next = (z * sy + y) * sx + x;
                            if (!left[next]) continue;
                            left[next] = false;
                            open.Push(next);
                        }
        }

        return parts;
    }

    [Theory]
    [InlineData(1e-5, "1e-05")]
    [InlineData(-2.5e-15, "-2.5e-15")]
    [InlineData(1e22, "1e+22")]
    [InlineData(60, "60.0")]
    [InlineData(0.1, "0.1")]
    [InlineData(double.PositiveInfinity, "inf")]
    [InlineData(double.NegativeInfinity, "-inf")]
    [InlineData(double.NaN, "nan")]
    public void Numbers_are_written_as_Python_writes_them(double value, string written)
    {
        DiagnosticColumns columns = new(wanted: true, new RadiomicsParameters());
        columns.Add("original", new ScalarImage(new ImageGrid(1, 1, 1, 1, 1, 1), [value]), [true]);
        Assert.Equal(written, columns.Columns["diagnostics_Image-original_Mean"]);
    }
}
