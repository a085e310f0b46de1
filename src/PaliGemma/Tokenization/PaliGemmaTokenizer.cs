using System.Text;

namespace PaliGemma.Tokenization;

/// <summary>
/// PaliGemma's tokenizer: SentencePiece's byte-pair encoding with byte fallback and user-defined pieces, exactly as Google's C++ library encodes
/// (Kudo and Richardson, arXiv:1808.06226). Spaces become ▁; the longest user-defined pieces are taken out first, from left to right; in what
/// remains, the pair whose result ranks first is merged until none is left, the left-most one on a tie; what is no piece then becomes UTF-8 bytes.
/// </summary>
/// <remarks>
/// Our own, because <c>Microsoft.ML.Tokenizers</c> 2.0.1 gives wrong ids for this vocabulary: it merges ties right-most, ignores user-defined
/// pieces and has no byte fallback in its BPE.
/// <para>Control pieces never come out of text: <c>&lt;bos&gt;</c>, <c>&lt;eos&gt;</c>, <c>&lt;pad&gt;</c> and <c>&lt;image&gt;</c> in a user's prompt are spelled out.
/// Location and segmentation tokens do: region captioning needs them.</para>
/// </remarks>
public sealed class PaliGemmaTokenizer
{
    private const char Space = '\u2581';

    private static readonly string[] ModelNames = ["tokenizer.model", "paligemma_tokenizer.model"];

    private readonly Vocabulary _vocabulary;

    private PaliGemmaTokenizer(Vocabulary vocabulary) => _vocabulary = vocabulary;

    /// <summary>Pieces of the vocabulary, <c>&lt;image&gt;</c> included; ids lie below it.</summary>
    public int PieceCount => _vocabulary.Count;

    /// <summary>Begins the text.</summary>
    public int BosId => _vocabulary.BosId;

    /// <summary>Ends the answer.</summary>
    public int EosId => _vocabulary.EosId;

    /// <summary>Fills up rows.</summary>
    public int PadId => _vocabulary.PadId;

    /// <summary>Stands for the unknown; never comes out of encoding.</summary>
    public int UnknownId => _vocabulary.UnknownId;

    /// <summary>Stands for one image feature.</summary>
    public int ImageId => _vocabulary.ImageId;

    internal Vocabulary Vocabulary => _vocabulary;

    /// <summary>
    /// Reads <c>tokenizer.json</c> of a model folder or, where there is none, <c>tokenizer.model</c>, which big_vision names
    /// <c>paligemma_tokenizer.model</c>; all give the same ids.
    /// </summary>
    /// <exception cref="ModelFileException">There is neither, or the file is not a PaliGemma tokenizer.</exception>
    public static PaliGemmaTokenizer Load(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        string json = Path.Combine(folder, "tokenizer.json");
        if (File.Exists(json))
        {
            return FromJson(json);
        }
        string? model = ModelNames.Select(name => Path.Combine(folder, name)).FirstOrDefault(File.Exists);
        return model is not null
            ? FromModel(model)
            : throw new ModelFileException(
                $"The folder {folder} has neither tokenizer.json nor tokenizer.model; expected PaliGemma's tokenizer beside the weights.");
    }

    /// <summary>Reads a <c>tokenizer.json</c>.</summary>
    /// <exception cref="ModelFileException">The file is not a PaliGemma tokenizer.</exception>
    public static PaliGemmaTokenizer FromJson(string path) => new(TokenizerJson.Read(path));

    /// <summary>Reads a <c>tokenizer.model</c>.</summary>
    /// <exception cref="ModelFileException">The file is not a PaliGemma tokenizer.</exception>
    public static PaliGemmaTokenizer FromModel(string path) => new(SentencePieceModel.Read(path));

    /// <summary>The ids of a text, without bos or eos. A lone surrogate counts as U+FFFD.</summary>
    public int[] Encode(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        char[] characters = text.Replace(' ', Space).ToCharArray();
        ReplaceLoneSurrogates(characters);
        List<int> ids = [];
        int start = 0;
        int position = 0;
        while (position < characters.Length)
        {
            (int id, int length) = _vocabulary.UserDefined.Longest(characters.AsSpan(position));
            if (length == 0)
            {
                position++;
                continue;
            }
            PairMerger.Encode(_vocabulary, characters.AsMemory(start, position - start), ids);
            ids.Add(id);
            position += length;
            start = position;
        }
        PairMerger.Encode(_vocabulary, characters.AsMemory(start), ids);
        return [.. ids];
    }

    /// <summary>The text of ids. Bytes that are no valid UTF-8 become U+FFFD, one each.</summary>
    /// <param name="ids">Ids below <see cref="PieceCount"/>.</param>
    /// <param name="skipSpecial">Whether control pieces are left out instead of spelled.</param>
    /// <exception cref="ArgumentOutOfRangeException">An id is none of this vocabulary's.</exception>
    public string Decode(ReadOnlySpan<int> ids, bool skipSpecial = true)
    {
        StreamingDetokenizer detokenizer = new(this, skipSpecial);
        StringBuilder text = new();
        foreach (int id in ids)
        {
            text.Append(detokenizer.Append(id));
        }
        return text.Append(detokenizer.Flush()).ToString();
    }

    /// <summary>A piece as the vocabulary spells it: ▁ for a space, <c>&lt;0x0A&gt;</c> for a byte.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The id is none of this vocabulary's.</exception>
    public string PieceOf(int id)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)id, (uint)PieceCount, nameof(id));
        return _vocabulary.Piece(id);
    }

    private static void ReplaceLoneSurrogates(Span<char> characters)
    {
        for (int i = 0; i < characters.Length; i++)
        {
            if (char.IsHighSurrogate(characters[i]) && i + 1 < characters.Length && char.IsLowSurrogate(characters[i + 1]))
            {
                i++;
            }
            else if (char.IsSurrogate(characters[i]))
            {
                characters[i] = '\uFFFD';
            }
        }
    }
}
