using CsCheck;

namespace HematomaPacsAgent.Analysis.Tests;

public sealed class MaskOutlineTests
{
    [Fact]
    public void A_rectangle_has_its_four_corners()
    {
        bool[] mask = Parse("......", ".###..", ".###..", "......");
        var outline = Assert.Single(MaskOutline.Trace(mask, 6));
        Assert.Equal([(1f, 1f), (4f, 1f), (4f, 3f), (1f, 3f)], outline.OrderBy(p => Math.Atan2(p.Row - 2, p.Column - 2.5)).ToArray());
    }

    [Fact]
    public void A_region_on_the_border_is_closed()
    {
        var outline = Assert.Single(MaskOutline.Trace([true, true, true, true], 2));
        Assert.Equal(4, outline.Count);
        Assert.Equal(4, Area(outline), 9);
    }

    [Fact]
    public void Holes_are_not_traced_and_regions_come_largest_first()
    {
        bool[] mask = Parse("#.......", "...####.", "...#..#.", "...####.");
        var outlines = MaskOutline.Trace(mask, 8);
        Assert.Equal([12.0, 1.0], outlines.Select(Area));
    }

    [Fact]
    public void The_outlines_of_any_mask_enclose_its_pixels_and_its_holes() =>
        Gen.Bool.Array[48].Sample(mask =>
        {
            var outlines = MaskOutline.Trace(mask, 8);
            for (int y = 0; y < 6; y++)
                for (int x = 0; x < 8; x++)
                    if (mask[y * 8 + x]) Assert.Contains(outlines, outline => Inside(outline, x + 0.5f, y + 0.5f));
            Assert.All(outlines, outline => Assert.True(Area(outline) > 0));
        });

    private static bool[] Parse(params string[] rows) => [.. string.Concat(rows).Select(c => c == '#')];

    private static double Area(IReadOnlyList<(float Column, float Row)> outline) =>
        outline.Select((p, i) => (p, q: outline[(i + 1) % outline.Count])).Sum(e => e.p.Column * e.q.Row - e.q.Column * e.p.Row) / 2;

    private static bool Inside(IReadOnlyList<(float Column, float Row)> outline, float x, float y)
    {
        bool inside = false;
        for (int i = 0, j = outline.Count - 1; i < outline.Count; j = i++)
            if (outline[i].Row > y != outline[j].Row > y &&
                x < (outline[j].Column - outline[i].Column) * (y - outline[i].Row) / (outline[j].Row - outline[i].Row) + outline[i].Column)
                inside = !inside;
        return inside;
    }
}
