using HematomaPacsAgent.Analysis.Models;
using HematomaPacsAgent.Analysis.Models.Engine;

namespace HematomaPacsAgent.Analysis.Tests.Models.Engine;

public sealed class PostprocessingTests
{
    private static readonly VolumeGeometry Grid = ComponentsTests.Grid(12, 9, 3);

    [Fact]
    public void Holes_that_a_slice_encloses_are_filled_and_bays_are_not()
    {
        Mask mask = Drawn("..####..##..", ".#....#.#...", ".#....#.#...", "..####..##..");
        Apply(mask, new PostprocessingStep(PostprocessingOp.FillHoles2d));
        Assert.Equal("..####..##.. .######.#... .######.#... ..####..##..", Text(mask));
    }

    [Fact]
    public void Small_regions_are_left_out_by_volume_and_only_the_largest_is_kept_where_asked()
    {
        string[] picture = ["##..........", "##...###....", ".....###..#.", ".....###...."];
        Mask mask = Drawn(picture);
        Apply(mask, new PostprocessingStep(PostprocessingOp.MinVolumeMl, Value: 4 * 0.005 + 1e-6)); // voxels of 1 x 1 x 5 mm
        Assert.Equal("............ .....###.... .....###.... .....###....", Text(mask));
        mask = Drawn(picture);
        Apply(mask, new PostprocessingStep(PostprocessingOp.KeepLargest));
        Assert.Equal("............ .....###.... .....###.... .....###....", Text(mask));
    }

    [Fact]
    public void A_step_for_another_class_does_nothing_and_steps_are_done_in_order()
    {
        Mask mask = Drawn("###.....#...", "#.#.........", "###.........");
        Apply(mask, new PostprocessingStep(PostprocessingOp.KeepLargest, "edema"));
        Assert.Equal("###.....#... #.#......... ###......... ............", Text(mask));
        Mask inside = Drawn("............", "####........", "###.........");
        PostprocessingStep[] steps = [new(PostprocessingOp.FillHoles2d), new(PostprocessingOp.InsideIntracranial)];
        Postprocessing.Apply(steps, "hematoma", mask, new IntracranialSpace(inside, ""));
        Assert.Equal("............ ###......... ###......... ............", Text(mask));
    }

    private static void Apply(Mask mask, PostprocessingStep step) => Postprocessing.Apply([step], "hematoma", mask, TinyPackages.Everywhere(Grid));

    /// <summary>In the middle slice.</summary>
    private static Mask Drawn(params string[] rows)
    {
        Mask mask = new(Grid);
        for (int row = 0; row < rows.Length; row++)
            for (int column = 0; column < 12; column++) mask.Voxels[(9 + row) * 12 + column] = rows[row][column] == '#';
        return mask;
    }

    private static string Text(Mask mask) =>
        string.Join(' ', Enumerable.Range(9, 4).Select(row => string.Concat(mask.Voxels.AsSpan(row * 12, 12).ToArray().Select(set => set ? '#' : '.'))));
}
