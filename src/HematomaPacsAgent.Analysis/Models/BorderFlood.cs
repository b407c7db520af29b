namespace HematomaPacsAgent.Analysis.Models;

/// <summary>What lies inside a wall in a slice: what the border of the image cannot reach past it.</summary>
internal static class BorderFlood
{
    /// <summary>Pixels that are no wall and that the border does not reach (4-connected).</summary>
    public static bool[] Unreached(ReadOnlySpan<bool> wall, int columns)
    {
        bool[] met = wall.ToArray(); // the wall, and what the border reaches
        int rows = met.Length / columns;
        Stack<int> open = new();
        for (int x = 0; x < columns; x++)
        {
            Visit(x);
            Visit((rows - 1) * columns + x);
        }

        for (int y = 0; y < rows; y++)
        {
            Visit(y * columns);
            Visit(y * columns + columns - 1);
        }

        while (open.TryPop(out int at))
        {
            if (at % columns > 0) Visit(at - 1);
            if (at % columns < columns - 1) Visit(at + 1);
            if (at >= columns) Visit(at - columns);
            if (at < met.Length - columns) Visit(at + columns);
        }

        for (int i = 0; i < met.Length; i++) met[i] = !met[i];
        return met;

        void Visit(int i)
        {
            if (met[i]) return;
            met[i] = true;
            open.Push(i);
        }
    }
}
