using System.Globalization;

namespace PaliGemma.Tokenization;

/// <summary>What a piece of the vocabulary is for.</summary>
internal enum PieceKind : byte
{
    /// <summary>Made by merging its parts.</summary>
    Normal,

    /// <summary>Stands for what no piece can express.</summary>
    Unknown,

    /// <summary>Steers the model; never the result of encoding text.</summary>
    Control,

    /// <summary>Matched as a whole before anything is merged.</summary>
    UserDefined,

    /// <summary>One byte of UTF-8, <c>&lt;0x00&gt;</c> to <c>&lt;0xFF&gt;</c>.</summary>
    Byte,
}

/// <summary>The pieces of a SentencePiece model by id, and the order in which they are merged.</summary>
internal sealed class Vocabulary
{
    /// <summary>Gemma's control pieces, which PaliGemma's code refers to by name.</summary>
    public const string Bos = "<bos>", Eos = "<eos>", Pad = "<pad>", Unk = "<unk>", Image = "<image>";

    /// <summary>Far above every piece of Gemma's, and what bounds the memory that a file can take.</summary>
    private const int LongestPiece = 1024, MostUserDefinedCharacters = 1 << 20;

    private readonly string[] _pieces;
    private readonly PieceKind[] _kinds;
    private readonly int[] _ranks;
    private readonly int[] _bytes = new int[256];
    private readonly Dictionary<string, int> _mergeable;

    /// <param name="file">The file the pieces come from, for messages.</param>
    /// <param name="pieces">By id.</param>
    /// <param name="kinds">By id.</param>
    /// <param name="ranks">By id: of two possible merges, the one whose result has the lower rank comes first.</param>
    /// <exception cref="ModelFileException">A piece is there twice, or one that encoding needs is missing.</exception>
    public Vocabulary(string file, string[] pieces, PieceKind[] kinds, int[] ranks)
    {
        _pieces = pieces;
        _kinds = kinds;
        _ranks = ranks;
        _mergeable = new Dictionary<string, int>(pieces.Length, StringComparer.Ordinal);
        UserDefined = new PieceMatcher();
        Array.Fill(_bytes, -1);
        Dictionary<string, int> control = new(StringComparer.Ordinal);
        long userDefinedCharacters = 0;
        for (int id = 0; id < pieces.Length; id++)
        {
            string piece = pieces[id];
            userDefinedCharacters += kinds[id] == PieceKind.UserDefined ? piece.Length : 0;
            if (piece.Length > LongestPiece || userDefinedCharacters > MostUserDefinedCharacters)
            {
                throw new ModelFileException(
                    $"{file}: piece {id} has {piece.Length} characters, {userDefinedCharacters} with the user-defined ones before it; "
                    + $"expected at most {LongestPiece} and {MostUserDefinedCharacters}.");
            }
            bool added = kinds[id] switch
            {
                PieceKind.Normal => _mergeable.TryAdd(piece, id),
                PieceKind.UserDefined => UserDefined.TryAdd(piece, id),
                PieceKind.Byte => TryAddByte(piece, id),
                _ => control.TryAdd(piece, id),
            };
            if (!added)
            {
                throw new ModelFileException($"{file}: piece {id}, \"{piece}\", is empty, malformed or there twice.");
            }
            MaximalLength = Math.Max(MaximalLength, piece.Length);
        }
        int missing = Array.IndexOf(_bytes, -1);
        if (missing >= 0)
        {
            throw new ModelFileException($"{file}: the byte piece <0x{missing:X2}> is missing; expected all 256, as byte fallback needs them.");
        }
        BosId = Required(Bos);
        EosId = Required(Eos);
        PadId = Required(Pad);
        UnknownId = Required(Unk);
        ImageId = Required(Image);

        int Required(string name) => control.TryGetValue(name, out int id)
            ? id
            : throw new ModelFileException($"{file}: the control piece {name} is missing; expected a PaliGemma tokenizer.");
    }

    public int Count => _pieces.Length;

    public int BosId { get; }

    public int EosId { get; }

    public int PadId { get; }

    public int UnknownId { get; }

    public int ImageId { get; }

    /// <summary>Length of the longest piece in UTF-16 units: longer strings need not be looked up.</summary>
    public int MaximalLength { get; }

    /// <summary>Finds user-defined pieces.</summary>
    public PieceMatcher UserDefined { get; }

    /// <summary>Looks normal pieces up without making strings.</summary>
    public Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> Mergeable => _mergeable.GetAlternateLookup<ReadOnlySpan<char>>();

    public string Piece(int id) => _pieces[id];

    public PieceKind Kind(int id) => _kinds[id];

    public int Rank(int id) => _ranks[id];

    public int ByteId(byte value) => _bytes[value];

    /// <summary>The byte that a piece of kind <see cref="PieceKind.Byte"/> stands for.</summary>
    public byte ByteOf(int id) => ParseByte(_pieces[id])!.Value;

    /// <summary>The byte in <c>&lt;0xHH&gt;</c>; null for any other text.</summary>
    public static byte? ParseByte(string piece) =>
        piece.Length == 6 && piece.StartsWith("<0x", StringComparison.Ordinal) && piece[5] == '>'
        && byte.TryParse(piece.AsSpan(3, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte value)
            ? value
            : null;

    private bool TryAddByte(string piece, int id)
    {
        if (ParseByte(piece) is not byte value || _bytes[value] >= 0)
        {
            return false;
        }
        _bytes[value] = id;
        return true;
    }
}
