using System.Runtime.InteropServices;

namespace PaliGemma.Kernels.Formats;

/// <summary>The sixteen values of a 4-bit format, as fractions of a block's largest magnitude.</summary>
internal interface IFourBitCode
{
    /// <summary>The value of each code.</summary>
    static abstract ReadOnlySpan<float> Values { get; }

    /// <summary>What separates neighbouring values, ascending; a value on a boundary belongs below it.</summary>
    static abstract ReadOnlySpan<float> Boundaries { get; }

    /// <summary>The code of each rank among <see cref="Boundaries"/>.</summary>
    static abstract ReadOnlySpan<byte> Codes { get; }

    /// <summary>Whether <see cref="Boundaries"/> are those of magnitudes, and the code's top bit is the sign.</summary>
    static abstract bool HasSignBit { get; }
}

/// <summary>NormalFloat: quantiles of the normal distribution (arXiv:2305.14314, appendix E; bitsandbytes, csrc/kernels.cu).</summary>
internal readonly struct Nf4Code : IFourBitCode
{
    public static ReadOnlySpan<float> Values =>
    [
        -1.0f, -0.6961928009986877f, -0.5250730514526367f, -0.39491748809814453f, -0.28444138169288635f, -0.18477343022823334f,
        -0.09105003625154495f, 0.0f, 0.07958029955625534f, 0.16093020141124725f, 0.24611230194568634f, 0.33791524171829224f,
        0.44070982933044434f, 0.5626170039176941f, 0.7229568362236023f, 1.0f,
    ];

    public static ReadOnlySpan<float> Boundaries =>
    [
        -0.8480964004993439f, -0.6106329262256622f, -0.4599952697753906f, -0.33967943489551544f, -0.23460740596055984f, -0.13791173323988914f,
        -0.045525018125772476f, 0.03979014977812767f, 0.1202552504837513f, 0.2035212516784668f, 0.2920137718319893f, 0.3893125355243683f,
        0.5016634166240692f, 0.6427869200706482f, 0.8614784181118011f,
    ];

    public static ReadOnlySpan<byte> Codes => [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];

    public static bool HasSignBit => false;
}

/// <summary>Four-bit floating point: sign, two bits of exponent, one of fraction, divided by the largest (bitsandbytes, csrc/kernels.cu).</summary>
internal readonly struct Fp4Code : IFourBitCode
{
    public static ReadOnlySpan<float> Values =>
    [
        0.0f, 5.208333333e-03f, 0.66666667f, 1.0f, 0.33333333f, 0.5f, 0.16666667f, 0.25f,
        -0.0f, -5.208333333e-03f, -0.66666667f, -1.0f, -0.33333333f, -0.5f, -0.16666667f, -0.25f,
    ];

    public static ReadOnlySpan<float> Boundaries => [0.00260417f, 0.0859375f, 0.20833333f, 0.29166667f, 0.4166667f, 0.583333f, 0.8333333f];

    public static ReadOnlySpan<byte> Codes => [0, 1, 6, 7, 4, 5, 2, 3];

    public static bool HasSignBit => true;
}

/// <summary>Sixteen equal steps; not a fraction but the integer itself, which a block's scale is multiplied by.</summary>
internal readonly struct Int4Code : IFourBitCode
{
    public static ReadOnlySpan<float> Values => [-8, -7, -6, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6, 7];

    public static ReadOnlySpan<float> Boundaries =>
        [-7.5f, -6.5f, -5.5f, -4.5f, -3.5f, -2.5f, -1.5f, -0.5f, 0.5f, 1.5f, 2.5f, 3.5f, 4.5f, 5.5f, 6.5f];

    public static ReadOnlySpan<byte> Codes => [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];

    public static bool HasSignBit => false;
}

/// <summary>A code's values rounded to integers, in the arrangements that kernels look them up in. Lives as long as the program.</summary>
internal static unsafe class FourBitTable<TCode>
    where TCode : IFourBitCode
{
    /// <summary>
    /// The integer that the value 1 becomes. With activations up to <see cref="LargestActivation"/>, the eight products that a lane adds up fit 32 bits, and
    /// the rounding of a value, 0.02 % of the block's largest, is far below what four bits lose.
    /// </summary>
    public static int Unit { get; } = TCode.Values.Contains(-8) ? 1 : 2047;

    /// <summary>The largest activation that the integers are multiplied by.</summary>
    public const int LargestActivation = 16383;

    /// <summary>float32 [16].</summary>
    public static float* Values { get; } = Allocate<float>(16, static i => TCode.Values[i]);

    /// <summary>16-bit integers [32]: the values twice, for a lookup by five bits of which the fifth is the next code's.</summary>
    public static short* Integers { get; } = Allocate<short>(32, static i => Integer(i % 16));

    /// <summary>Low bytes [16], then high bytes [16] of the integers, for lookups of bytes.</summary>
    public static byte* Bytes { get; } = Allocate<byte>(32, static i => (byte)(i < 16 ? Integer(i) : Integer(i - 16) >> 8));

    /// <summary>What the value 1 becomes in <see cref="Levels"/>.</summary>
    public const int LevelUnit = 127;

    /// <summary>
    /// Bytes [64]: fractions as unsigned bytes, 128 too high, once for each quarter of a register. Rounding costs up to 0.4 % of the block's largest magnitude.
    /// </summary>
    public static byte* Levels { get; } = Allocate<byte>(64, static i => (byte)(128 + MathF.Round(TCode.Values[i % 16] * LevelUnit)));

    private static short Integer(int code) => (short)MathF.Round(TCode.Values[code] * Unit);

    private static T* Allocate<T>(int count, Func<int, T> value)
        where T : unmanaged
    {
        T* table = (T*)NativeMemory.AlignedAlloc((nuint)(count * sizeof(T)), 64);
        for (int i = 0; i < count; i++)
        {
            table[i] = value(i);
        }
        return table;
    }
}
