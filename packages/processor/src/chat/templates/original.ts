/**
 * The system message of OpenGVLab's InternVL 2.5: "You are InternVL, a multimodal large language model developed jointly
 * by Shanghai AI Laboratory, Tsinghua University and partners."
 */
export const ORIGINAL_SYSTEM_MESSAGE: string =
  "你是书生·万象，英文名是InternVL，是由上海人工智能实验室、清华大学及多家合作单位联合开发的多模态大语言模型。";

/**
 * What `get_prompt()` of OpenGVLab's `conversation.py` makes of a conversation (template `internvl2_5`, style MPT): a
 * system block always, even an empty one; a turn without text is its role alone, with no end; the prompt for an answer
 * follows a question only. `system_message` replaces the default.
 */
export const ORIGINAL_TEMPLATE: string = `
{%- macro text_of(content) %}
    {%- if content is string %}
        {{- content }}
    {%- else %}
        {%- for block in content %}
            {%- if block['type'] == 'image' %}
                {{- '<image>\\n' }}
            {%- elif block['type'] == 'video' %}
                {{- '<video>\\n' }}
            {%- elif block['type'] == 'text' %}
                {{- block['text'] }}
            {%- endif %}
        {%- endfor %}
    {%- endif %}
{%- endmacro %}
{%- if messages and messages[0]['role'] == 'system' %}
    {%- set system = text_of(messages[0]['content']) %}
{%- elif system_message is defined %}
    {%- set system = system_message %}
{%- else %}
    {%- set system = '${ORIGINAL_SYSTEM_MESSAGE}' %}
{%- endif %}
{{- '<|im_start|>system\\n' + system + '<|im_end|>\\n' }}
{%- for message in messages %}
    {%- if message['role'] in ['user', 'assistant'] %}
        {%- set text = text_of(message['content']) %}
        {{- '<|im_start|>' + message['role'] + '\\n' }}
        {%- if text %}
            {{- text + '<|im_end|>\\n' }}
        {%- endif %}
    {%- elif not (loop.first and message['role'] == 'system') %}
        {{- raise_exception('the original code knows the roles user and assistant, and system in front: got ' + message['role']) }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt and not (messages and messages[-1]['role'] == 'assistant') %}
    {{- '<|im_start|>assistant\\n' }}
{%- endif %}
`;
