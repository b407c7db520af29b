using System.Numerics;
using CsCheck;
using HematomaPacsAgent.Analysis.Models;
using HematomaPacsAgent.Analysis.Models.Engine;

namespace HematomaPacsAgent.Analysis.Tests.Models.Engine;

public sealed class ResamplingTests
{
    private static readonly Normaliser AsTheyAre = new(float.MinValue, float.MaxValue, 0, 1, 0);

    public static TheoryData<string, double[], int, double?, int> Resizes()
    {
        TheoryData<string, double[], int, double?, int> cases = [];
        (string, double[])[] grids = [("up", [1.3, 0.7, 0.6]), ("down", [3.1, 1.7, 2.2]), ("half", [4, 2, 2])];
        foreach ((string name, double[] spacing) in grids)
            foreach (int order in (int[])[0, 1, 3])
            {
                cases.Add($"resize.{name}.{order}", spacing, order, null, 0);
                cases.Add($"resize.{name}.3.z{order}", spacing, 3, 1.5, order);
            }

        return cases;
    }

    [Theory]
    [MemberData(nameof(Resizes))]
    public void Edges_aligned_it_is_the_resize_of_scikit_image_and_nnU_Nets_separate_z(string golden, double[] spacingMm, int order, double? ratio, int orderZ)
    {
        ModelGeometry geometry = new()
        {
            Orientation = "LPS", Axes = "zyx", SpacingMm = [spacingMm[0], spacingMm[1], spacingMm[2]],
            ImageOrder = order, SeparateZRatio = ratio, OrderZ = orderZ,
        };
        Near.Equal(TinyPackages.Read(golden), Resampled(TinyPackages.Of("resize.in", 2, 1, 1), geometry), 1e-4);
    }

    [Fact]
    public void Origins_aligned_it_is_the_interpolation_of_first_centres_on_each_other()
    {
        ModelGeometry geometry = new() { Orientation = "LPS", Axes = "zyx", SpacingMm = [1.5, 0.8, 1.7], Alignment = GridAlignment.Origin };
        Near.Equal(TinyPackages.Read("resize.origin.1"), Resampled(TinyPackages.Of("resize.in", 2, 1, 1), geometry), 1e-4);
    }

    [Theory]
    [InlineData(GridAlignment.Edges)]
    [InlineData(GridAlignment.Origin)]
    [InlineData(GridAlignment.Centre)]
    public void A_constant_image_stays_constant_whatever_the_grids(GridAlignment alignment) =>
        Gen.Select(Gen.Int[1, 9], Gen.Int[2, 20], Gen.Int[2, 20], Gen.Double[0.3, 6], Gen.Double[0.3, 3], TinyPackages.OneOf(0, 1, 3), Gen.Bool, Gen.Bool)
            .Sample((slices, rows, columns, z, x, order, mean, uneven) =>
            {
                VolumeGeometry grid = new(columns, rows, Vector3.UnitX, Vector3.UnitY, 0.7, 1.1,
                    [.. Enumerable.Range(0, slices).Select(k => new Vector3(0, 0, uneven ? 3 * k + k % 3 : 3 * k))], 3);
                short[] values = new short[grid.PixelsPerSlice * slices];
                Array.Fill(values, (short)41);
                ModelGeometry geometry = new()
                {
                    Orientation = "RAI", Axes = "zyx", SpacingMm = [z, x, x], Alignment = alignment, ImageOrder = order, AreaMean = mean, SeparateZRatio = 3,
                };
                Assert.All(Resampled(new Volume(grid, values), geometry), value => Assert.Equal(41, value, 1e-3f));
            }, iter: 300);

    [Fact]
    public void A_smooth_field_comes_back_from_the_models_grid() =>
        Gen.Select(Gen.Double[0.4, 1.3], Gen.Double[0.5, 4.5], TinyPackages.OneOf("LPS", "RAS", "LAI"),
            TinyPackages.OneOf(GridAlignment.Edges, GridAlignment.Origin), TinyPackages.OneOf(1, 3), Gen.Bool)
            .Sample((x, z, orientation, alignment, order, tilted) =>
            {
                VolumeGeometry grid = new(24, 20, Vector3.UnitX, Vector3.UnitY, 1, 1,
                    [.. Enumerable.Range(0, 8).Select(k => new Vector3(0, tilted ? -0.9f * k : 0, 4 * k + (tilted ? k % 2 : 0)))], 4);
                short[] values = new short[grid.PixelsPerSlice * 8];
                for (int i = 0; i < values.Length; i++)
                {
                    Vector3 at = grid.ToPatient(i % 24, i / 24 % 20, i / grid.PixelsPerSlice);
                    values[i] = (short)Math.Round(2000 + 20 * at.X - 30 * at.Y + 10 * at.Z);
                }

                ModelGeometry geometry = new() { Orientation = orientation, Axes = "xyz", SpacingMm = [x, x, z], Alignment = alignment, ImageOrder = order };
                GridPlan plan = new(grid, geometry, SourceBox.Whole(grid));
                float[] there = new GridResampling(new Volume(grid, values), plan).Run(AsTheyAre, false, CancellationToken.None);
                GridReturn back = new(plan);
                float[] row = new float[24];
                for (int slice = 1; slice < 7; slice++)
                    for (int y = 5; y < 15; y++)
                    {
                        back.Slice(slice)!.Row(there, y, row);
                        for (int column = 3; column < 21; column++)
                            Assert.Equal(values[(slice * 20 + y) * 24 + column], row[column], order == 1 ? 2f : 45f); // a spline bends where slices are uneven
                    }
            }, iter: 150);

    [Fact]
    public void Mirroring_the_patient_mirrors_the_grid()
    {
        Volume scan = TinyPackages.Of("resize.in", 2, 1, 1);
        ModelGeometry geometry = new() { Orientation = "LPS", Axes = "zyx", SpacingMm = [1.3, 0.7, 0.6], ImageOrder = 3 };
        GridPlan plan = new(scan.Geometry, geometry with { Orientation = "RPS" }, SourceBox.Whole(scan.Geometry));
        float[] plain = Resampled(scan, geometry), mirrored = new GridResampling(scan, plan).Run(AsTheyAre, false, CancellationToken.None);
        float[] turned = (float[])mirrored.Clone();
        for (int line = 0; line < turned.Length; line += plan.X.Count) turned.AsSpan(line, plan.X.Count).Reverse();
        Near.Equal(plain, turned, 1e-4);
        Assert.NotEqual(plain, mirrored);
    }

    [Fact]
    public void A_sphere_drawn_on_a_tilted_uneven_scan_comes_back_from_the_isotropic_grid_as_it_was()
    {
        // 18 degrees of tilt; 3 mm slices with gaps of 5 mm.
        List<Vector3> origins = [];
        for (float along = 0; origins.Count < 20; along += origins.Count % 4 == 0 ? 5 : 3) origins.Add(new Vector3(-30, -30 - along * 0.325f, along));
        VolumeGeometry grid = new(110, 110, Vector3.UnitX, Vector3.UnitY, 0.6, 0.6, origins, 3);
        Vector3 centre = grid.ToPatient(55, 60, 10);
        short[] values = new short[grid.PixelsPerSlice * grid.Slices];
        for (int i = 0; i < values.Length; i++)
            values[i] = (short)(Vector3.Distance(grid.ToPatient(i % 110, i / 110 % 110, i / grid.PixelsPerSlice), centre) <= 15 ? 1000 : 0);
        GridPlan plan = new(grid, new ModelGeometry { Orientation = "LPS", Axes = "zyx", SpacingMm = [1, 1, 1] }, SourceBox.Whole(grid));
        float[] there = new GridResampling(new Volume(grid, values), plan).Run(AsTheyAre, false, CancellationToken.None);
        double ml = there.Count(value => value > 500) / 1000.0;
        Assert.InRange(ml, 0.96 * 14.137, 1.04 * 14.137);
        GridReturn back = new(plan);
        int both = 0, ours = 0, theirs = values.Count(value => value > 0);
        float[] row = new float[110];
        for (int slice = 0; slice < grid.Slices; slice++)
            for (int y = 0; y < 110; y++)
            {
                back.Slice(slice)!.Row(there, y, row);
                for (int x = 0; x < 110; x++)
                {
                    if (!(row[x] > 500)) continue;
                    ours++;
                    if (values[(slice * 110 + y) * 110 + x] > 0) both++;
                }
            }

        double dice = 2.0 * both / (ours + theirs);
        Assert.True(dice >= 0.95, $"Dice {dice:F3}");
    }

    [Fact]
    public void Normalisation_is_nnU_Nets_and_MONAIs_and_a_channels_window_takes_the_place_of_the_range()
    {
        float[] hu = [-1000, -10, 0, 25, 80, 400];
        ModelNormalization ct = new() { Scheme = NormalizationScheme.MeanSd, ClipHu = [-10, 80], Mean = 30, Sd = 20 };
        ModelNormalization range = new() { Scheme = NormalizationScheme.Range, ClipHu = [-10, 90], OutRange = [-1, 3] };
        Near.Equal([-2, -2, -1.5f, -0.25f, 2.5f, 2.5f], Applied(ct, new ModelChannel()), 1e-6);
        Near.Equal([-1, -1, -0.6f, 0.4f, 2.6f, 3], Applied(range, new ModelChannel()), 1e-6);
        Near.Equal([-1, -1, -1, 1, 3, 3], Applied(range, new ModelChannel(WindowHu: [25, 50])), 1e-6);
        float[] Applied(ModelNormalization normalization, ModelChannel channel)
        {
            float[] values = (float[])hu.Clone();
            Normaliser.For(normalization, channel).Apply(values);
            return values;
        }
    }

    private static float[] Resampled(Volume volume, ModelGeometry geometry) =>
        new GridResampling(volume, new GridPlan(volume.Geometry, geometry, SourceBox.Whole(volume.Geometry))).Run(AsTheyAre, false, CancellationToken.None);
}
