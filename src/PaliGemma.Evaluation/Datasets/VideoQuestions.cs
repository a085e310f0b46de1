using PaliGemma.Configuration;
using PaliGemma.Tasks;

namespace PaliGemma.Evaluation.Datasets;

/// <summary>
/// Questions about videos, whose frames are pictures in a folder of the video's name: MSRVTT-QA and MSVD-QA
/// (xudejing/video-question-answering) and ActivityNet-QA (MILVLG/activitynet-qa).
/// </summary>
internal static class VideoQuestions
{
    /// <summary>MSRVTT-QA's test part: videos are called <c>video7010</c>.</summary>
    public static IEnumerable<Example> ReadMsrVtt(DatasetFolder folder, int frames) => ReadList(folder, "video", frames);

    /// <summary>MSVD-QA's test part: videos are called <c>vid1451</c>.</summary>
    public static IEnumerable<Example> ReadMsvd(DatasetFolder folder, int frames) => ReadList(folder, "vid", frames);

    /// <summary>ActivityNet-QA's test part; the subset is the question's type. Videos are called <c>v_</c> and their names.</summary>
    public static IEnumerable<Example> ReadActivityNet(DatasetFolder folder, int frames)
    {
        Dictionary<string, (string Answer, string Type)> answers = [];
        foreach ((string id, string answer, string type) in RecordFile.List(folder.Find("test_a.json"), "", fields => (
            fields.RequiredText("question_id"), fields.RequiredText("answer"), fields.Name("type"))))
        {
            answers[id] = (answer, type);
        }
        return RecordFile.List(folder.Find("test_q.json"), "", fields =>
        {
            string id = fields.RequiredText("question_id");
            return answers.TryGetValue(id, out (string Answer, string Type) known)
                ? Create(id, folder.Frames($"v_{fields.RequiredText("video_name")}", frames), fields, known.Answer, known.Type)
                : throw fields.Unexpected("question_id", "a question of test_a.json");
        });
    }

    private static IEnumerable<Example> ReadList(DatasetFolder folder, string prefix, int frames) =>
        RecordFile.List(folder.Find("test_qa.json"), "", fields => Create(
            fields.Name("id"), folder.Frames(prefix + fields.Name("video_id"), frames), fields, fields.RequiredText("answer"), subset: ""));

    private static Example Create(string id, IReadOnlyList<string> frames, JsonFields fields, string answer, string subset) => new()
    {
        Id = id,
        Images = frames,
        Prompt = new AnswerPrompt(fields.RequiredText("question"), "en").Text,
        Answers = [answer],
        Subset = subset,
    };
}
