namespace PaliGemma.Training.Cli.Shapes;

/// <summary>
/// Places along an edge as vectors that change smoothly: sines and cosines from half a period to 16 periods, half octaves apart. Near
/// places have near codes, so what is learnt of one place holds for its neighbours.
/// </summary>
internal static class PlaceCode
{
    /// <summary>Numbers of a code that tells all locations apart.</summary>
    public const int Length = 22;

    /// <summary>Writes the code of a place.</summary>
    /// <param name="place">0 … 1.</param>
    /// <param name="code">[an even number, at most <see cref="Length"/>], the slowest waves first; each in -1 … 1.</param>
    public static void Write(double place, Span<float> code)
    {
        for (int i = 0; i < code.Length / 2; i++)
        {
            double periods = 0.5 * Math.Pow(2, i / 2.0);
            (double sine, double cosine) = Math.SinCos(2 * Math.PI * periods * place);
            (code[2 * i], code[(2 * i) + 1]) = ((float)sine, (float)cosine);
        }
    }
}
